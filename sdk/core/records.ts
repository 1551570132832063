/**
 * The durable records of the protocol. Every backend stores exactly these; the decisions about them are in the
 * other files of core. Times are milliseconds since the epoch, positions count from 0, attempts and epochs from 1.
 */
import type { ErrorRecord } from "./error-record.ts";
import type { RetryPolicy } from "./retry-policy.ts";
import type { TimeoutPolicy } from "./timeouts.ts";

/** `<run name>/<local id>`; the root action's local id is `a0`, others are hashes (see identity.ts). */
export type ActionId = string;

/** An encoded value (codec/encode.ts): inline when small, else a blob under a key that names its writer's epoch. */
export type Payload =
  | { readonly kind: "inline"; readonly bytes: Uint8Array }
  | { readonly kind: "blob"; readonly key: string; readonly sizeBytes: number };

/** What became of an action, a trace or one step of a traced generator. */
export type Outcome =
  | { readonly kind: "value"; readonly payload: Payload }
  | { readonly kind: "error"; readonly error: ErrorRecord };

/**
 * A point in what one attempt of an action has been told so far: `index` journal batches, the last of them written
 * by `epoch`, and `at` mailbox entries. Two executors of the same action agree on everything before a common position.
 */
export interface LogPosition {
  readonly attempt: number;
  readonly index: number;
  readonly epoch: number;
  readonly at: number;
}

/** What a task's author allows its actions; fixed when the action is asked for. */
export interface ActionPolicy {
  readonly retries: RetryPolicy;
  readonly timeouts: TimeoutPolicy;
  /** Largest encoded input or output that may travel by value, in bytes. */
  readonly maxInlineBytes: number;
}

/**
 * The immutable half of an action, written by its parent. Writing it again is harmless. A `timer` has no executor:
 * it ends by itself at `fireAtMs` (the first one written counts).
 */
export interface ActionSpec {
  readonly kind: "task" | "timer";
  readonly id: ActionId;
  readonly run: string;
  readonly parent: ActionId | null;
  /** Full task name `<environment>.<function>`; `sleep` for a timer. */
  readonly name: string;
  /** Name of the environment, which is the name of the queue its message goes to. */
  readonly environment: string;
  /** How many equal invocations its parent had made, this one included: 1 for the first. */
  readonly ordinal: number;
  /** Innermost `group(...)` it was asked in. */
  readonly group: string | null;
  readonly input: Payload;
  readonly policy: ActionPolicy;
  /** Where its parent stood when it asked; null for a root action. */
  readonly asked: LogPosition | null;
  readonly createdMs: number;
  readonly fireAtMs: number | null;
}

export type ActionStatus = "queued" | "running" | "suspended" | "succeeded" | "failed" | "aborted";

/** The mutable half of an action, owned by its executors. Every write is a compare-and-set on `version`. */
export interface ActionState {
  readonly id: ActionId;
  readonly run: string;
  readonly parent: ActionId | null;
  readonly name: string;
  readonly environment: string;
  readonly version: number;
  readonly status: ActionStatus;
  readonly epoch: number;
  readonly attempt: number;
  /** Where the current attempt began: what earlier attempts finished is known, and not part of its log. */
  readonly base: LogPosition;
  /** Id of the message under which it runs; null unless running. */
  readonly owner: string | null;
  /** Random mark of the claim that made it running, so that a claim whose answer was lost knows itself again. */
  readonly claim: string | null;
  /** Executors lost in a row without progress, and the progress (batches + entries) seen at the last loss. */
  readonly losses: number;
  readonly progress: number;
  /** Mailbox entries that exist, as far as notify has said; and how many its executor had read when it suspended. */
  readonly inbox: number;
  readonly read: number;
  /** True once it may have children, so that its end knows to look for them. */
  readonly spawned: boolean;
  readonly createdMs: number;
  /** When the current attempt was queued, not to be claimed before `readyMs`; when it was first claimed. */
  readonly queuedMs: number;
  readonly readyMs: number;
  readonly startedMs: number | null;
  readonly endedMs: number | null;
  readonly outcome: Outcome | null;
  /** Error of the latest attempt that failed, kept while the next one runs. */
  readonly lastError: ErrorRecord | null;
  readonly tracesExecuted: number;
  readonly tracesReplayed: number;
}

/** One finished trace, or one step of a traced generator. */
export interface TraceRecord {
  readonly id: string;
  readonly name: string;
  readonly ordinal: number;
  /** Step of a generator (0, 1, …), or null for a function. */
  readonly step: number | null;
  /** Id of the trace whose body asked for this one; such records carry no order of their own. */
  readonly within: string | null;
  readonly group: string | null;
  readonly outcome: Outcome;
  readonly startedMs: number;
  readonly endedMs: number;
}

/**
 * One group commit of an action's journal. An epoch writes index after index, each only when the one before is
 * durable; `prevEpoch` names the writer of the batch at `index - 1` that this writer had seen (0 at the start), which makes
 * the log of every epoch a chain. `at` is how many mailbox entries had been delivered before these records are.
 */
export interface JournalBatch {
  readonly action: ActionId;
  readonly epoch: number;
  readonly index: number;
  readonly prevEpoch: number;
  readonly attempt: number;
  readonly at: number;
  readonly nowMs: number;
  readonly records: readonly TraceRecord[];
}

/** The end of one child or timer, as its parent is told. The same child may be told twice; the first counts. */
export interface MailboxEntry {
  readonly child: ActionId;
  readonly status: "succeeded" | "failed" | "aborted" | "fired";
  readonly outcome: Outcome | null;
  readonly endedMs: number;
}

/** What travels on a queue. `run` goes to the environment's queue, the other two to the service queue. */
export interface Message {
  /**
   * `run`: execute the action if it is to be executed. `timer`: the timer is due. `expire`: look whether a limit of
   * the action has passed.
   */
  readonly kind: "run" | "timer" | "expire";
  readonly action: ActionId;
  /** The spec, when the sender has it at hand; else the receiver reads it. */
  readonly spec: ActionSpec | null;
  /** `run`: the epoch at which the action waits for this message; 0 for its first. Not given: any. */
  readonly epoch?: number;
}

/** What a user starts by name. Its status and output are those of its root action. */
export interface RunRecord {
  readonly name: string;
  readonly task: string;
  readonly environment: string;
  /** Spec of the root action, so that whoever finds the run can finish a start that was cut short. */
  readonly root: ActionSpec;
  /** Where the code is, in the backend's own terms: a file URL here, a bundle hash on AWS. */
  readonly code: string;
  readonly createdMs: number;
}

export type EndedStatus = "succeeded" | "failed" | "aborted";

export function isEnded(status: ActionStatus): status is EndedStatus {
  return status === "succeeded" || status === "failed" || status === "aborted";
}
