/** How many replicas the ECS service of a reusable environment should have now. */
import type { FleetPolicy } from "../core/reuse-policy.ts";
import { decideScaling, type FleetReplica } from "../core/scaling.ts";
import { type FleetHistory, idleSince, noteFleet } from "./fleet-history.ts";

/** What can be seen of a fleet from outside. */
export interface FleetSight {
  readonly nowMs: number;
  /** Messages that nobody has taken, and messages that somebody holds. */
  readonly backlog: number;
  readonly held: number;
  /** Replicas that the service wants, and those that run, draining ones included. */
  readonly desired: number;
  readonly running: number;
}

export interface FleetTarget {
  readonly desired: number;
  readonly history: FleetHistory;
}

/**
 * The service's next number of replicas. The decision is that of every backend (core/scaling.ts); which replica is drained
 * is up to ECS, which spares the protected ones: those that hold actions.
 */
export function targetOf(policy: FleetPolicy, sight: FleetSight, before: FleetHistory): FleetTarget {
  const { nowMs, backlog, held, desired } = sight;
  const busy = Math.ceil(held / policy.concurrency);
  const history = noteFleet(before, { nowMs, busy, hasWork: backlog + held > 0 });
  const decision = decideScaling({
    nowMs,
    policy,
    backlog,
    replicas: replicasOf(policy, sight, history),
    lastActivityMs: history.lastActivityMs ?? Number.NEGATIVE_INFINITY,
  });
  return { desired: desired + decision.start - decision.drain.length, history };
}

function replicasOf(policy: FleetPolicy, sight: FleetSight, history: FleetHistory): FleetReplica[] {
  const { held, desired, running } = sight;
  const count = Math.max(desired, running);
  return Array.from({ length: count }, (_, place) => {
    const busy = Math.min(policy.concurrency, Math.max(0, held - place * policy.concurrency));
    const state = place >= desired ? "draining" : place < running ? "ready" : "starting";
    const idleSinceMs = busy === 0 && state === "ready" ? idleSince(history, place) : null;
    return { id: String(place).padStart(5, "0"), state, busy, idleSinceMs };
  });
}
