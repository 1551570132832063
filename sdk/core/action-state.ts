/**
 * What may happen to an action, as pure decisions. The engine writes `next` by compare-and-set on the version it
 * decided from, and decides again when that was stale.
 *
 * A1. An ended action never changes.
 * A2. Only the executor of the current epoch completes, suspends, hands back or fails an attempt.
 * A3. A running action is taken over only by the message it runs under: that message came back because its lease ended.
 * A4. An action suspends only if it has read every mailbox entry that it has been told of.
 * A5. Epochs only grow; each claim, abort and expiry begins a new one, which fences the executor of the old.
 * A6. A message starts an action only at the epoch that it was sent for. So one that was removed from its queue because the
 *     action had moved on starts nothing, although a receiver from before may still hold it: an action that ran under
 *     such a message would be lost with its executor.
 */

import { type ErrorRecord, isRetryable, toErrorRecord } from "./error-record.ts";
import { ActionAbortedError, TaskTimeoutError, WorkerLostError } from "./errors.ts";
import { localIdOf } from "./identity.ts";
import { passedLimit } from "./limits.ts";
import {
  type ActionPolicy,
  type ActionSpec,
  type ActionState,
  isEnded,
  type LogPosition,
  type Outcome,
} from "./records.ts";
import { backoffMs } from "./retry-policy.ts";

export type Refusal =
  | "ended"
  | "duplicate"
  | "early"
  | "not-ready"
  | "nothing-new"
  | "fenced"
  | "inbox-moved"
  | "not-due"
  | "suspect";

export type Decision =
  | { readonly kind: "write"; readonly next: ActionState }
  | { readonly kind: "refuse"; readonly reason: Refusal };

/** How many executors in a row may be lost without progress before the action fails. */
export const LOSSES_MAX = 10;

/** From so many on, it may be the action that they die of: it runs only where no other such action does. */
const LOSSES_SUSPECT = 3;

const ATTEMPT_START: LogPosition = { attempt: 1, index: 0, epoch: 0, at: 0 };

/** What an executor adds to the state whenever it writes it. */
export interface ExecutorReport {
  readonly tracesExecuted: number;
  readonly tracesReplayed: number;
  readonly spawned: boolean;
}

function refuse(reason: Refusal): Decision {
  return { kind: "refuse", reason };
}

function write(current: ActionState, change: Partial<ActionState>): Decision {
  return { kind: "write", next: { ...current, ...change, version: current.version + 1 } };
}

/** The state before anything was written: queued at its creation, version 0. */
export function initialState(spec: ActionSpec): ActionState {
  return {
    id: spec.id,
    run: spec.run,
    parent: spec.parent,
    name: spec.name,
    environment: spec.environment,
    version: 0,
    status: "queued",
    epoch: 0,
    attempt: 1,
    base: ATTEMPT_START,
    owner: null,
    claim: null,
    losses: 0,
    progress: 0,
    inbox: 0,
    read: 0,
    spawned: false,
    createdMs: spec.createdMs,
    queuedMs: spec.createdMs,
    readyMs: spec.createdMs,
    startedMs: null,
    endedMs: null,
    outcome: null,
    lastError: null,
    tracesExecuted: 0,
    tracesReplayed: 0,
  };
}

/** For messages: `Action "scoring.score" (4f…)`. */
function nameOf(state: ActionState): string {
  return `Action "${state.name}" (${localIdOf(state.id)})`;
}

export interface Claim {
  readonly messageId: string;
  /** The epoch that the message was sent for, where it names one. */
  readonly epoch?: number | undefined;
  /** Random, fresh for every try to claim. */
  readonly mark: string;
  readonly nowMs: number;
  /** True where other suspects may run: one more is refused there. @default false */
  readonly isBesideSuspects?: boolean;
}

/** A message has arrived: may its receiver execute the action? */
export function claimAction(current: ActionState, claim: Claim): Decision {
  if (isEnded(current.status)) return refuse("ended");
  const isTakeover = current.status === "running" && current.owner === claim.messageId; // A3
  if (!isTakeover) {
    const { epoch = current.epoch } = claim;
    if (epoch < current.epoch) return refuse("duplicate"); // A6
    if (epoch > current.epoch) return refuse("early");
    // The executor of this epoch has sent it for the attempt after its own.
    if (current.status === "running") return refuse(claim.epoch === undefined ? "duplicate" : "early");
  }
  if (isTakeover && current.losses >= LOSSES_SUSPECT && claim.isBesideSuspects === true)
    return refuse("suspect");
  if (current.status === "suspended" && current.inbox <= current.read) return refuse("nothing-new");
  if (current.status === "queued" && current.readyMs > claim.nowMs) return refuse("not-ready");
  return write(current, {
    status: "running",
    epoch: current.epoch + 1,
    owner: claim.messageId,
    claim: claim.mark,
    losses: isTakeover ? current.losses + 1 : current.losses,
    startedMs: current.startedMs ?? claim.nowMs,
  });
}

/** True if the executor holding `epoch` may still speak for the action. */
export function isCurrent(current: ActionState, epoch: number): boolean {
  return current.status === "running" && current.epoch === epoch;
}

export function completeAction(
  current: ActionState,
  epoch: number,
  outcome: Outcome,
  report: ExecutorReport,
  nowMs: number,
): Decision {
  if (!isCurrent(current, epoch)) return refuse(isEnded(current.status) ? "ended" : "fenced"); // A2
  return write(current, {
    ...report,
    status: outcome.kind === "value" ? "succeeded" : "failed",
    owner: null,
    outcome,
    lastError: outcome.kind === "error" ? outcome.error : current.lastError,
    endedMs: nowMs,
  });
}

export interface AttemptFailure {
  readonly error: ErrorRecord;
  readonly policy: ActionPolicy;
  /** Where the log stood: the next attempt begins there. `at` is raised to the inbox. */
  readonly position: LogPosition;
  readonly nowMs: number;
}

/** An attempt has failed: queues the next one with backoff, or ends the action. */
export function failAttempt(
  current: ActionState,
  epoch: number,
  failure: AttemptFailure,
  report: ExecutorReport | null,
): Decision {
  if (!isCurrent(current, epoch)) return refuse(isEnded(current.status) ? "ended" : "fenced"); // A2
  return write(current, { ...(report ?? {}), ...afterFailure(current, failure) });
}

function afterFailure(current: ActionState, failure: AttemptFailure): Partial<ActionState> {
  const { error, policy, position, nowMs } = failure;
  const hasAttempts = current.attempt <= policy.retries.count && isRetryable(error);
  if (!hasAttempts) {
    return {
      status: "failed",
      owner: null,
      outcome: { kind: "error", error },
      lastError: error,
      endedMs: nowMs,
    };
  }
  return {
    status: "queued",
    owner: null,
    attempt: current.attempt + 1,
    base: {
      attempt: current.attempt + 1,
      index: position.index,
      epoch: position.epoch,
      at: Math.max(position.at, current.inbox),
    },
    losses: 0,
    queuedMs: nowMs,
    readyMs: nowMs + backoffMs(policy.retries, current.attempt),
    startedMs: null,
    lastError: error,
  };
}

/** Gives up the slot until there is something new in the mailbox. */
export function suspendAction(
  current: ActionState,
  epoch: number,
  read: number,
  report: ExecutorReport,
): Decision {
  if (!isCurrent(current, epoch)) return refuse(isEnded(current.status) ? "ended" : "fenced"); // A2
  if (current.inbox > read) return refuse("inbox-moved"); // A4
  return write(current, { ...report, status: "suspended", owner: null, read, losses: 0 });
}

/** Gives the action back to its queue within the same attempt, because this worker is going away. */
export function handBackAction(
  current: ActionState,
  epoch: number,
  report: ExecutorReport,
  nowMs: number,
): Decision {
  if (!isCurrent(current, epoch)) return refuse(isEnded(current.status) ? "ended" : "fenced"); // A2
  return write(current, { ...report, status: "queued", owner: null, readyMs: nowMs });
}

/**
 * After a takeover: what the lost executors had achieved is now known. Progress since the last loss begins the count
 * anew; too many losses without any end the action.
 */
export function judgeLosses(
  current: ActionState,
  epoch: number,
  progress: number,
  nowMs: number,
  lossesMax: number = LOSSES_MAX,
): Decision {
  if (!isCurrent(current, epoch)) return refuse(isEnded(current.status) ? "ended" : "fenced");
  if (progress > current.progress) return write(current, { losses: 1, progress });
  if (current.losses <= lossesMax) return refuse("not-due");
  return write(current, lostForGood(current, nowMs));
}

/** The queue has given up on its message: no worker survived it. */
export function loseAction(current: ActionState, nowMs: number): Decision {
  if (isEnded(current.status)) return refuse("ended"); // A1
  return write(current, { ...lostForGood(current, nowMs), epoch: current.epoch + 1 });
}

function lostForGood(current: ActionState, nowMs: number): Partial<ActionState> {
  const error = toErrorRecord(new WorkerLostError({ what: nameOf(current), losses: current.losses }));
  return {
    status: "failed",
    owner: null,
    outcome: { kind: "error", error },
    lastError: error,
    endedMs: nowMs,
  };
}

/** Notify has appended to the mailbox: it now has `entries`. */
export function raiseInbox(current: ActionState, entries: number): Decision {
  if (isEnded(current.status)) return refuse("ended"); // A1
  if (current.inbox >= entries) return refuse("nothing-new");
  return write(current, { inbox: entries });
}

export function abortAction(current: ActionState, reason: string, nowMs: number): Decision {
  if (isEnded(current.status)) return refuse("ended"); // A1
  const error = toErrorRecord(new ActionAbortedError({ what: nameOf(current), reason }));
  return write(current, {
    status: "aborted",
    epoch: current.epoch + 1, // A5
    owner: null,
    outcome: { kind: "error", error },
    lastError: error,
    endedMs: nowMs,
  });
}

/** Ends the attempt, or by its deadline the action, if a limit has passed. Whoever executes it is fenced. */
export function expireAction(
  current: ActionState,
  policy: ActionPolicy,
  position: LogPosition,
  nowMs: number,
): Decision {
  if (isEnded(current.status)) return refuse("ended"); // A1
  const passed = passedLimit(current, policy, nowMs);
  if (passed === null) return refuse("not-due");
  const error = toErrorRecord(new TaskTimeoutError({ what: nameOf(current), ...passed }));
  const isFinal = passed.limit === "deadline";
  const retries = isFinal ? { ...policy.retries, count: 0 } : policy.retries;
  const change = afterFailure(current, { error, policy: { ...policy, retries }, position, nowMs });
  return write(current, { ...change, epoch: current.epoch + 1 }); // A5
}
