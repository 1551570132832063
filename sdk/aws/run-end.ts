/** How a run has ended, as its execution shows it. */
import { fromErrorRecord } from "../core/error-record.ts";
import { rootActionId } from "../core/identity.ts";
import { type EndedStatus, isEnded } from "../core/records.ts";
import { persist } from "../engine/persist.ts";
import type { World } from "../ports.ts";

/**
 * The end of a run that succeeded.
 *
 * @throws The error that the run has failed with, with its own name, message, cause and stack; an ActionAbortedError.
 */
export async function endOfRun(
  world: World,
  run: string,
): Promise<{ readonly run: string; readonly status: EndedStatus }> {
  const [state] = await persist(world, () => world.store.readStates([rootActionId(run)]));
  if (state === undefined || state === null || !isEnded(state.status)) {
    throw new Error(`Run "${run}" has not ended: its root action is ${state?.status ?? "not claimed"}.`);
  }
  if (state.outcome?.kind === "error") throw fromErrorRecord(state.outcome.error);
  return { run, status: state.status };
}
