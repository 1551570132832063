/** Why a fleet has given up, for whoever waits for its work. */
import { DroverError } from "../../core/errors.ts";
import type { ReplicaExit } from "./replica-process.ts";

/** @param exit The last of the replicas that ended. */
export function fleetFailure(environment: string, failedStarts: number, exit: ReplicaExit): DroverError {
  const { code, signal, fault, lastLines } = exit;
  const how = fault?.message ?? (signal === null ? `exit code ${code}` : `signal ${signal}`);
  const printed =
    lastLines.length === 0 ? "It printed nothing." : `It printed last:\n${lastLines.join("\n")}`;
  const times = failedStarts === 1 ? "once" : `${failedStarts} times in a row`;
  return new DroverError(
    `Replicas of environment "${environment}" ended ${times} before they were ready, the last with ${how}. ` +
      `Does the file of its tasks load? ${printed}`,
    { code: "FLEET_FAILED", kind: "user", retryable: false, ...(fault === null ? {} : { cause: fault }) },
  );
}
