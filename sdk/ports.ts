/**
 * What the engine needs from the world. A backend implements these; the engine reaches nothing else. Any promise may
 * reject, before or after its effect took place: every method is therefore safe to call again with the same arguments.
 */
import type {
  ActionId,
  ActionSpec,
  ActionState,
  ActionStatus,
  JournalBatch,
  MailboxEntry,
  Message,
  RunRecord,
} from "./core/records.ts";

export type WriteStateResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly current: ActionState | null };

export interface ChildRecord {
  readonly spec: ActionSpec;
  /** Status of the child's state; null while it has none (never claimed), also for timers. */
  readonly status: ActionStatus | null;
}

/** Limits of a store. Callers cut their requests to them. */
export interface StoreLimits {
  /** Largest encoded value kept inside a record; larger ones go to Blobs. */
  readonly inlineBytesMax: number;
  /** Largest sum of encoded values in one journal batch, and most records in it. */
  readonly journalBatchBytesMax: number;
  readonly journalBatchRecordsMax: number;
  /** Most specs in one putSpecs, and most entries in one appendMailbox. */
  readonly specsMax: number;
  readonly mailboxEntriesMax: number;
  /**
   * True if requests that are made in one turn, to any port, take effect in that order, and none of them survives without
   * those before it. Callers may then make a request without waiting for the one that it follows.
   *
   * @default false
   */
  readonly isOrdered?: boolean;
}

/** Durable records. Reads are strongly consistent with finished writes. */
export interface Store {
  readonly limits: StoreLimits;

  /**
   * Creates the run unless one of that name exists; atomic per name. Answers the run that is there afterwards, and
   * whether this call made it.
   */
  createRun(run: RunRecord): Promise<{ readonly created: boolean; readonly run: RunRecord }>;
  readRun(name: string): Promise<RunRecord | null>;

  /**
   * Writes specs, each atomically, all durable when it resolves. A task's spec that exists is overwritten; a timer's
   * is kept as it was first written. At most `limits.specsMax` of them.
   */
  putSpecs(specs: readonly ActionSpec[]): Promise<void>;
  readSpec(action: ActionId): Promise<ActionSpec | null>;
  /** All specs whose parent is `parent`, in no particular order, with the status of each child's state. */
  listChildren(parent: ActionId): Promise<readonly ChildRecord[]>;

  readStates(actions: readonly ActionId[]): Promise<readonly (ActionState | null)[]>;
  /**
   * Compare-and-set. Writes `next` if the stored version is `expected` (null: no state yet), atomically; else changes
   * nothing and answers the state that is there. `next.version` is always `(expected ?? 0) + 1`.
   */
  writeState(next: ActionState, expected: number | null): Promise<WriteStateResult>;

  /**
   * Stores a batch at (action, epoch, index). Writing the same one again changes nothing. A backend may refuse
   * (`false`) when it knows the epoch to be fenced; it need not, since readers ignore what a fenced epoch wrote late.
   */
  appendJournal(batch: JournalBatch): Promise<boolean>;
  /** All batches of all epochs of the action, in no particular order. */
  readJournal(action: ActionId): Promise<readonly JournalBatch[]>;

  /**
   * Appends entries at positions `first`, `first + 1`, … if the mailbox has exactly `first` entries, atomically for all
   * of them; else changes nothing and answers false. So the log has no gaps.
   */
  appendMailbox(action: ActionId, first: number, entries: readonly MailboxEntry[]): Promise<boolean>;
  /** How many entries the mailbox has. */
  mailboxEnd(action: ActionId): Promise<number>;
  /**
   * Entries from position `after` on, in order: a contiguous prefix of what is there, empty only if nothing is. With
   * `waitMs` it waits for one that long before it answers an empty list; an aborted signal ends the wait at once.
   */
  readMailbox(
    action: ActionId,
    after: number,
    waitMs: number,
    signal?: AbortSignal,
  ): Promise<readonly MailboxEntry[]>;
}

/** Immutable byte strings by key. Writing the same key again with the same bytes is harmless. */
export interface Blobs {
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** The bytes, or null where there is no such key. */
  get(key: string): Promise<Uint8Array | null>;
}

/** One receipt of a message. `messageId` is the same each time the message is delivered again, `receipt` is not. */
export interface Delivery {
  readonly queue: string;
  readonly messageId: string;
  readonly receipt: string;
  readonly message: Message;
}

export interface Outgoing {
  readonly queue: string;
  readonly message: Message;
  /** Not to be delivered before this much time has passed. */
  readonly delayMs: number;
}

/**
 * At-least-once queues, in no promised order. A queue exists as soon as it is named. After a restart of the backend, the
 * message of a running action has the id that is its state's `owner`: only that one may take the action over.
 */
export interface Queue {
  /** Durable when it resolves. */
  send(messages: readonly Outgoing[]): Promise<void>;
  /**
   * Up to `max` messages, each hidden from others until its lease ends. Waits up to `waitMs` for the first one; an
   * aborted signal ends the wait at once.
   */
  receive(queue: string, max: number, waitMs: number, signal?: AbortSignal): Promise<readonly Delivery[]>;
  /** Takes messages off the queue for good. Receipts that have lapsed are ignored. */
  remove(deliveries: readonly Delivery[]): Promise<void>;
  /** Gives a message back, to be delivered again after `delayMs`. A lapsed receipt is ignored. */
  release(delivery: Delivery, delayMs: number): Promise<void>;
}

/** Keeps what a worker holds hidden from others, from outside the thread that runs user code. */
export interface Leases {
  /**
   * Keeps the delivery's lease until dropped. If `killAtMs` passes and the delivery is still held, the process is taken to
   * hang and is killed.
   */
  hold(delivery: Delivery, killAtMs: number | null): void;
  drop(delivery: Delivery): void;
}

/** Tells of states that have ended, at least once each, in batches of any size and order; also again after a restart. */
export interface Changes {
  /** A batch whose handler rejects is told again. Stops when the signal aborts. */
  follow(handler: (ended: readonly ActionState[]) => Promise<void>, signal: AbortSignal): void;
}

export interface Clock {
  nowMs(): number;
  /** Resolves after `ms`, or at once when the signal aborts. */
  wait(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls back when the code that is running now, and all promise reactions it leads to, have run. */
  afterTurn(callback: () => void): void;
}

export interface Entropy {
  /** A fresh identifier, unique for ever: at least 122 random bits. */
  uuid(): string;
  /** A number in [0, 1). */
  random(): number;
}

/** All ports together, as one process sees them. */
export interface World {
  readonly store: Store;
  readonly blobs: Blobs;
  readonly queue: Queue;
  readonly clock: Clock;
  readonly entropy: Entropy;
}

/** One action, as people see it in a list. */
export interface ActionRow {
  /** `<run>/<id>`. */
  readonly id: ActionId;
  /** The action that asked for it; null for the root action. */
  readonly parent: ActionId | null;
  /** Full name of its task. */
  readonly name: string;
  /** Innermost `group(...)` it was asked in. */
  readonly group: string | null;
  /** `queued` also for an action that nobody has claimed yet. */
  readonly status: ActionStatus;
  /** 1 for the first try. */
  readonly attempt: number;
  /** How often it was claimed, by whatever executor. */
  readonly epoch: number;
  /** When it was asked for, in milliseconds since 1970. */
  readonly createdMs: number;
  /** When the current attempt was claimed first. */
  readonly startedMs: number | null;
  /** When it ended. */
  readonly endedMs: number | null;
  /** `<name>: <message>` of the latest error, at most 500 characters. */
  readonly error: string | null;
}

/** What a run consists of, in numbers. */
export interface RunSummary {
  /** Actions of the run by status, timers not counted. */
  readonly actions: Readonly<Record<ActionStatus, number>>;
  /** Durable records of traces, each step of a generator one. */
  readonly tracesExecuted: number;
  /** How often a trace was answered from its record. */
  readonly tracesReplayed: number;
}

/** What people look at: never needed to execute anything. */
export interface Catalog {
  /** Newest first. */
  listRuns(limit: number): Promise<readonly RunRecord[]>;
  summarize(run: string): Promise<RunSummary>;
  /**
   * In order of creation, those of one status if given; `after` is the last id of the page before. Timers are left out; an
   * action that nobody has claimed is `queued`, at attempt 1 and epoch 0.
   */
  listActions(
    run: string,
    page: { readonly status?: ActionStatus; readonly after?: ActionId; readonly limit: number },
  ): Promise<readonly ActionRow[]>;
}
