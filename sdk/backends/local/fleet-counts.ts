/** A fleet in numbers, for those who watch it. */
import type { FleetReplica } from "../../core/scaling.ts";

/** Replicas of a fleet, by what they do. */
export interface FleetCounts {
  readonly starting: number;
  /** Those that can take work, the ones that are at work included. */
  readonly ready: number;
  /** Those of the ready ones that hold at least one action. */
  readonly busy: number;
  readonly draining: number;
}

export function countsOf(replicas: readonly FleetReplica[]): FleetCounts {
  const counts = { starting: 0, ready: 0, busy: 0, draining: 0 };
  for (const { state, busy } of replicas) {
    counts[state]++;
    if (state === "ready" && busy > 0) counts.busy++;
  }
  return counts;
}
