/**
 * How many replicas a fleet should have. One pure function decides it for every backend; whoever calls it starts and
 * drains what it says, then calls again when something has changed or some time has passed.
 *
 * A live replica is one that is starting or ready. The fleet has work while messages are ready or any replica holds an
 * action; it is warm while it has work or had some less than `idleTtlMs` ago. A warm fleet wants
 * ceil((slots taken in live replicas + backlog) / concurrency) replicas, at least min and at most max; a cold one, 0.
 * A replica that holds more actions than it has slots, because some are parked, counts as full: no other replica can
 * take those over.
 *
 * S1. Replicas started never bring the fleet over max, draining replicas included: a replica that drains may still hold
 *     actions, and max × concurrency is what the author told the services behind the tasks to expect.
 * S2. A replica that holds an action is never drained.
 * S3. A warm fleet is brought to the replicas it wants, as far as S1 lets it; starting ones count, draining ones do not.
 * S4. A cold fleet is drained to zero, and nothing is started in it.
 * S5. In a warm fleet only ready replicas that were idle for `scaledownTtlMs` are drained, the longest idle first, and
 *     never so many that fewer live ones remain than it wants.
 * S6. One decision does not both start and drain.
 * S7. Once a decision is carried out, the same moment asks for nothing more.
 * S8. The order in which replicas are listed makes no difference.
 */
import type { FleetPolicy } from "./reuse-policy.ts";

export interface FleetReplica {
  readonly id: string;
  /** `starting` until it first asks for work, `draining` once it was told to take no more. */
  readonly state: "starting" | "ready" | "draining";
  /** Actions it holds, also those that are parked in it. */
  readonly busy: number;
  /** Since when it has held none; null while it holds one, and before it was ready. */
  readonly idleSinceMs: number | null;
}

export interface FleetView {
  readonly nowMs: number;
  readonly policy: FleetPolicy;
  /** Messages that are ready and not yet taken. */
  readonly backlog: number;
  readonly replicas: readonly FleetReplica[];
  /** When the fleet last had work; Number.NEGATIVE_INFINITY if it never had. */
  readonly lastActivityMs: number;
}

export interface ScalingDecision {
  /** How many replicas to start. */
  readonly start: number;
  /** Ids of the replicas to drain: they take no more work, finish what they hold, and end. */
  readonly drain: readonly string[];
}

/** What the fleet needs at this moment to hold S1–S8. */
export function decideScaling(view: FleetView): ScalingDecision {
  const warm = isWarm(view);
  const live = view.replicas.filter((replica) => replica.state !== "draining");
  const want = warm ? replicasWanted(view, live) : 0; // S4
  if (want >= live.length) {
    const room = Math.max(0, view.policy.replicasMax - view.replicas.length); // S1
    return { start: Math.min(want - live.length, room), drain: [] }; // S3, S6
  }
  const free = live.filter((replica) => replica.busy === 0); // S2
  const drainable = warm ? free.filter((replica) => isIdleLong(view, replica)) : free; // S4, S5
  const longestIdleFirst = drainable.toSorted(byIdleTime);
  return { start: 0, drain: longestIdleFirst.slice(0, live.length - want).map(({ id }) => id) }; // S5
}

function isWarm(view: FleetView): boolean {
  if (view.backlog > 0 || view.replicas.some((replica) => replica.busy > 0)) return true;
  return view.nowMs - view.lastActivityMs < view.policy.idleTtlMs;
}

function replicasWanted(view: FleetView, live: readonly FleetReplica[]): number {
  const { replicasMin, replicasMax, concurrency } = view.policy;
  const taken = live.reduce((sum, replica) => sum + Math.min(replica.busy, concurrency), 0);
  return Math.min(Math.max(Math.ceil((taken + view.backlog) / concurrency), replicasMin), replicasMax);
}

function isIdleLong(view: FleetView, replica: FleetReplica): boolean {
  if (replica.state !== "ready" || replica.idleSinceMs === null) return false;
  return view.nowMs - replica.idleSinceMs >= view.policy.scaledownTtlMs;
}

/** Longest idle first, then those that were never ready; ids decide between equals (S8). */
function byIdleTime(a: FleetReplica, b: FleetReplica): number {
  const aSinceMs = a.idleSinceMs ?? Number.POSITIVE_INFINITY;
  const bSinceMs = b.idleSinceMs ?? Number.POSITIVE_INFINITY;
  if (aSinceMs !== bSinceMs) return aSinceMs < bSinceMs ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}
