/** How the durable records cross between processes: as they are, but for the bytes of payloads. */
import type {
  ActionSpec,
  ActionState,
  JournalBatch,
  MailboxEntry,
  Message,
  Outcome,
  Payload,
  RunRecord,
  TraceRecord,
} from "../../../core/records.ts";
import type { ChildRecord, Delivery, Outgoing, WriteStateResult } from "../../../ports.ts";
import { type Crossing, errorRecord, listOf, nullable } from "./crossing.ts";

const payload: Crossing<Payload> = {
  pack: (value, attach) => (value.kind === "inline" ? { kind: "inline", bytes: attach(value.bytes) } : value),
  unpack: (packed, take) =>
    packed.kind === "inline" ? { kind: "inline", bytes: take(packed.bytes) } : packed,
};

const outcome: Crossing<Outcome> = {
  pack: (value, attach) =>
    value.kind === "value"
      ? { kind: "value", payload: payload.pack(value.payload, attach) }
      : { kind: "error", error: errorRecord.pack(value.error, attach) },
  unpack: (packed, take) =>
    packed.kind === "value"
      ? { kind: "value", payload: payload.unpack(packed.payload, take) }
      : { kind: "error", error: errorRecord.unpack(packed.error, take) },
};

const errorOrNull = nullable(errorRecord);
const outcomeOrNull = nullable(outcome);

export const spec: Crossing<ActionSpec> = {
  pack: (value, attach) => ({ ...value, input: payload.pack(value.input, attach) }),
  unpack: (packed, take) => ({ ...packed, input: payload.unpack(packed.input, take) }),
};

const specOrNull = nullable(spec);

export const run: Crossing<RunRecord> = {
  pack: (value, attach) => ({ ...value, root: spec.pack(value.root, attach) }),
  unpack: (packed, take) => ({ ...packed, root: spec.unpack(packed.root, take) }),
};

/** What `createRun` answers. */
export const createdRun: Crossing<{ readonly created: boolean; readonly run: RunRecord }> = {
  pack: (value, attach) => ({ ...value, run: run.pack(value.run, attach) }),
  unpack: (packed, take) => ({ ...packed, run: run.unpack(packed.run, take) }),
};

export const state: Crossing<ActionState> = {
  pack: (value, attach) => ({
    ...value,
    outcome: outcomeOrNull.pack(value.outcome, attach),
    lastError: errorOrNull.pack(value.lastError, attach),
  }),
  unpack: (packed, take) => ({
    ...packed,
    outcome: outcomeOrNull.unpack(packed.outcome, take),
    lastError: errorOrNull.unpack(packed.lastError, take),
  }),
};

const stateOrNull = nullable(state);

export const writeStateResult: Crossing<WriteStateResult> = {
  pack: (value, attach) =>
    value.ok ? value : { ok: false, current: stateOrNull.pack(value.current, attach) },
  unpack: (packed, take) =>
    packed.ok ? packed : { ok: false, current: stateOrNull.unpack(packed.current, take) },
};

export const childRecord: Crossing<ChildRecord> = {
  pack: (value, attach) => ({ ...value, spec: spec.pack(value.spec, attach) }),
  unpack: (packed, take) => ({ ...packed, spec: spec.unpack(packed.spec, take) }),
};

const traceRecord: Crossing<TraceRecord> = {
  pack: (value, attach) => ({ ...value, outcome: outcome.pack(value.outcome, attach) }),
  unpack: (packed, take) => ({ ...packed, outcome: outcome.unpack(packed.outcome, take) }),
};

const traceRecords = listOf(traceRecord);

export const journalBatch: Crossing<JournalBatch> = {
  pack: (value, attach) => ({ ...value, records: traceRecords.pack(value.records, attach) }),
  unpack: (packed, take) => ({ ...packed, records: traceRecords.unpack(packed.records, take) }),
};

export const mailboxEntry: Crossing<MailboxEntry> = {
  pack: (value, attach) => ({ ...value, outcome: outcomeOrNull.pack(value.outcome, attach) }),
  unpack: (packed, take) => ({ ...packed, outcome: outcomeOrNull.unpack(packed.outcome, take) }),
};

const message: Crossing<Message> = {
  pack: (value, attach) => ({ ...value, spec: specOrNull.pack(value.spec, attach) }),
  unpack: (packed, take) => ({ ...packed, spec: specOrNull.unpack(packed.spec, take) }),
};

export const outgoing: Crossing<Outgoing> = {
  pack: (value, attach) => ({ ...value, message: message.pack(value.message, attach) }),
  unpack: (packed, take) => ({ ...packed, message: message.unpack(packed.message, take) }),
};

export const delivery: Crossing<Delivery> = {
  pack: (value, attach) => ({ ...value, message: message.pack(value.message, attach) }),
  unpack: (packed, take) => ({ ...packed, message: message.unpack(packed.message, take) }),
};

/** A delivery that goes back to its queue: what it said is known there. */
export const returnedDelivery: Crossing<Delivery> = {
  pack: (value) => ({ ...value, message: { ...value.message, spec: null } }),
  unpack: (packed, take) => delivery.unpack(packed, take),
};
