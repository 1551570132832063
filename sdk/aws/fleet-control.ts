/** Brings a fleet to the number of replicas that it should have. */
import type { StackConfig } from "../backends/aws/names.ts";
import type { FleetPolicy } from "../core/reuse-policy.ts";
import type { Clock } from "../ports.ts";
import type { FleetHistory } from "./fleet-history.ts";
import { type FleetSight, targetOf } from "./scale-fleet.ts";

/** What a fleet is looked at and changed by. */
export interface FleetControl {
  readonly clock: Clock;
  /** Null for a fleet that the stack does not have (yet). */
  look(environment: string): Promise<Omit<FleetSight, "nowMs"> | null>;
  setDesired(environment: string, count: number): Promise<void>;
  readHistory(environment: string): Promise<FleetHistory>;
  writeHistory(environment: string, history: FleetHistory): Promise<void>;
}

export interface Scaled {
  readonly environment: string;
  readonly from: number;
  readonly to: number;
}

/** Scales one fleet. Two at the same time do the same. Null where there is no such fleet. */
export async function scaleFleet(
  control: FleetControl,
  environment: string,
  policy: FleetPolicy,
): Promise<Scaled | null> {
  const [seen, before] = await Promise.all([control.look(environment), control.readHistory(environment)]);
  if (seen === null) return null;
  const { desired, history } = targetOf(policy, { ...seen, nowMs: control.clock.nowMs() }, before);
  if (desired !== seen.desired) await control.setDesired(environment, desired);
  if (JSON.stringify(history) !== JSON.stringify(before)) await control.writeHistory(environment, history);
  return { environment, from: seen.desired, to: desired };
}

/** The reusable environments of a stack, with their policies. */
export function fleetsOf({ environments }: StackConfig): ReadonlyMap<string, FleetPolicy> {
  const fleets = new Map<string, FleetPolicy>();
  for (const [name, policy] of Object.entries(environments)) {
    if (policy === null) continue;
    const [replicasMin, replicasMax, concurrency, idleTtlMs, scaledownTtlMs] = policy;
    fleets.set(name, { replicasMin, replicasMax, concurrency, idleTtlMs, scaledownTtlMs, scope: "global" });
  }
  return fleets;
}
