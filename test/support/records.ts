/** Records for tests: valid ones, of which a test names only what it is about. */
import { toErrorRecord } from "../../sdk/core/error-record.ts";
import { runOf } from "../../sdk/core/identity.ts";
import type {
  ActionPolicy,
  ActionSpec,
  ActionState,
  JournalBatch,
  MailboxEntry,
  Message,
  Outcome,
  Payload,
  RunRecord,
  TraceRecord,
} from "../../sdk/core/records.ts";

const createdMs = Date.UTC(2030, 0, 1);

const aPolicy: ActionPolicy = {
  retries: { count: 3, baseMs: 500, factor: 2, capMs: 30_000 },
  timeouts: { maxRuntimeMs: 600_000, maxQueuedMs: null, deadlineMs: null },
  maxInlineBytes: 10_000_000,
};

export function aRun(overrides: Partial<RunRecord> = {}): RunRecord {
  const name = overrides.name ?? "a-run";
  return {
    name,
    task: "orders.score",
    environment: "orders",
    root: aSpec({ id: `${name}/a0` }),
    code: "file:///app/tasks.ts",
    createdMs,
    ...overrides,
  };
}

/** The spec of a task's action; the run follows from the id. */
export function aSpec(overrides: Partial<ActionSpec> = {}): ActionSpec {
  const id = overrides.id ?? "a-run/a0";
  return {
    kind: "task",
    id,
    run: runOf(id),
    parent: null,
    name: "orders.score",
    environment: "orders",
    ordinal: 1,
    group: null,
    input: inline(3),
    policy: aPolicy,
    asked: null,
    createdMs,
    fireAtMs: null,
    ...overrides,
  };
}

/** A child of `<run>/a0` that is due an hour after its creation. */
export function aTimer(overrides: Partial<ActionSpec> = {}): ActionSpec {
  const id = overrides.id ?? "a-run/timer";
  return aSpec({
    kind: "timer",
    id,
    parent: `${runOf(id)}/a0`,
    name: "sleep",
    environment: "drover-service",
    asked: { attempt: 1, index: 0, epoch: 1, at: 0 },
    fireAtMs: createdMs + 3_600_000,
    ...overrides,
  });
}

/** The first state of an action: running, claimed once. */
export function aState(overrides: Partial<ActionState> = {}): ActionState {
  const id = overrides.id ?? "a-run/a0";
  return {
    id,
    run: runOf(id),
    parent: null,
    name: "orders.score",
    environment: "orders",
    version: 1,
    status: "running",
    epoch: 1,
    attempt: 1,
    base: { attempt: 1, index: 0, epoch: 0, at: 0 },
    owner: "a-message",
    claim: "a-mark",
    losses: 0,
    progress: 0,
    inbox: 0,
    read: 0,
    spawned: false,
    createdMs,
    queuedMs: createdMs,
    readyMs: createdMs,
    startedMs: createdMs + 10,
    endedMs: null,
    outcome: null,
    lastError: null,
    tracesExecuted: 0,
    tracesReplayed: 0,
    ...overrides,
  };
}

/** The state that follows `before`, ended: succeeded unless said otherwise. */
export function anEnd(before: ActionState, overrides: Partial<ActionState> = {}): ActionState {
  return {
    ...before,
    version: before.version + 1,
    status: "succeeded",
    owner: null,
    endedMs: createdMs + 1_000,
    outcome: aValue(),
    ...overrides,
  };
}

export function aTrace(overrides: Partial<TraceRecord> = {}): TraceRecord {
  return {
    id: "a-trace",
    name: "submit",
    ordinal: 1,
    step: null,
    within: null,
    group: null,
    outcome: aValue(),
    startedMs: createdMs + 20,
    endedMs: createdMs + 30,
    ...overrides,
  };
}

export function aBatch(overrides: Partial<JournalBatch> = {}): JournalBatch {
  return {
    action: "a-run/a0",
    epoch: 1,
    index: 1,
    prevEpoch: 0,
    attempt: 1,
    at: 0,
    nowMs: createdMs + 40,
    records: [aTrace()],
    ...overrides,
  };
}

export function anEntry(overrides: Partial<MailboxEntry> = {}): MailboxEntry {
  return {
    child: "a-run/child",
    status: "succeeded",
    outcome: aValue(),
    endedMs: createdMs + 1_000,
    ...overrides,
  };
}

/** The message that has `spec` executed. */
export function aMessage(spec: ActionSpec = aSpec()): Message {
  return { kind: "run", action: spec.id, spec };
}

/** An encoded value of that many bytes; the bytes are arbitrary. */
export function inline(sizeBytes: number, seed = 1): Payload {
  return { kind: "inline", bytes: someBytes(sizeBytes, seed) };
}

export function aValue(sizeBytes = 3, seed = 1): Outcome {
  return { kind: "value", payload: inline(sizeBytes, seed) };
}

/** An error with a cause, a code, fields of many types and a message that is not ASCII. */
export function anError(message = "The service answered 503 – später nochmal"): Outcome & { kind: "error" } {
  const error = Object.assign(new RangeError(message, { cause: new Error("connection reset") }), {
    code: "E503",
    status: 503,
    retryAfter: new Date(createdMs),
    tries: new Map([["eu-west-1", [1, 2, { body: someBytes(9) }]]]),
    total: 2n ** 70n,
    advice: undefined,
  });
  return { kind: "error", error: toErrorRecord(error) };
}

/** Bytes in which all values occur, other ones for each seed. */
export function someBytes(sizeBytes: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length: sizeBytes }, (_, place) => (place * 167 + (place >> 8) + seed * 89) & 255);
}
