/** The time limits of an action as it stands: which it has passed, and which comes next. */
import type { TaskTimeoutError } from "./errors.ts";
import { type ActionPolicy, type ActionState, isEnded } from "./records.ts";

export type TimeoutLimit = TaskTimeoutError["limit"];

/** The first limit that the action has passed, and whether it ends the action for good. */
export function passedLimit(
  current: ActionState,
  policy: ActionPolicy,
  nowMs: number,
): { readonly limit: TimeoutLimit; readonly limitMs: number } | null {
  const due = nextLimit(current, policy);
  return due !== null && due.atMs <= nowMs ? { limit: due.limit, limitMs: due.limitMs } : null;
}

/** The limit that the action will pass next as things stand, and when. */
export function nextLimit(
  current: ActionState,
  policy: ActionPolicy,
): { readonly limit: TimeoutLimit; readonly limitMs: number; readonly atMs: number } | null {
  if (isEnded(current.status)) return null;
  const { maxRuntimeMs, maxQueuedMs, deadlineMs } = policy.timeouts;
  const limits: { limit: TimeoutLimit; limitMs: number; atMs: number }[] = [];
  if (deadlineMs !== null) {
    limits.push({ limit: "deadline", limitMs: deadlineMs, atMs: current.createdMs + deadlineMs });
  }
  if (maxQueuedMs !== null && current.status === "queued" && current.startedMs === null) {
    const sinceMs = Math.max(current.queuedMs, current.readyMs);
    limits.push({ limit: "maxQueuedTime", limitMs: maxQueuedMs, atMs: sinceMs + maxQueuedMs });
  }
  if (maxRuntimeMs !== null && current.startedMs !== null) {
    limits.push({ limit: "maxRuntime", limitMs: maxRuntimeMs, atMs: current.startedMs + maxRuntimeMs });
  }
  return limits.reduce<(typeof limits)[number] | null>(
    (first, one) => (first === null || one.atMs < first.atMs ? one : first),
    null,
  );
}
