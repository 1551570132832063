/**
 * Since when replicas of a fleet have been idle. ECS tells how many replicas there are and SQS how many messages are held, but
 * nobody which replica holds what. Actions are taken to fill replicas one after another, so a replica above the number of full
 * ones is idle, and has been since that number last reached it.
 *
 * H1. `levels` stand in ascending order of `busy` and of time: since `sinceMs`, at most `busy` replicas were busy.
 */

export interface FleetHistory {
  /** When the fleet last had work; null if it never had. */
  readonly lastActivityMs: number | null;
  readonly levels: readonly { readonly busy: number; readonly sinceMs: number }[];
}

export const noHistory: FleetHistory = { lastActivityMs: null, levels: [] };

/** The history after one more look at the fleet. */
export function noteFleet(
  history: FleetHistory,
  seen: { readonly nowMs: number; readonly busy: number; readonly hasWork: boolean },
): FleetHistory {
  const { nowMs, busy, hasWork } = seen;
  const kept = history.levels.filter((level) => level.busy >= busy);
  const levels = kept.some((level) => level.busy === busy) ? kept : [{ busy, sinceMs: nowMs }, ...kept];
  return { lastActivityMs: hasWork ? nowMs : history.lastActivityMs, levels };
}

/** Since when the replica with this number (from 0) has been idle; null while it is busy. */
export function idleSince({ levels }: FleetHistory, replica: number): number | null {
  const sinceMs = levels.filter((level) => level.busy <= replica).map((level) => level.sinceMs);
  return sinceMs.length === 0 ? null : Math.min(...sinceMs);
}
