/** Specs as rows of `actions`. */
import type { ActionSpec, LogPosition } from "../../core/records.ts";
import { BytesIn, BytesOut, type PackedPayload, packPayload, unpackPayload } from "./store-bytes.ts";

/** Kinds as numbers. An action whose state was written but no spec yet has kind `unasked`. */
export const kindCode = { task: 0, timer: 1, unasked: 2 } as const;

type PackedPosition = readonly [attempt: number, index: number, epoch: number, at: number];

type SpecBody = readonly [
  run: string,
  name: string,
  environment: string,
  ordinal: number,
  group: string | null,
  input: PackedPayload,
  retries: readonly [count: number, baseMs: number, factor: number, capMs: number],
  timeouts: readonly [maxRuntimeMs: number | null, maxQueuedMs: number | null, deadlineMs: number | null],
  maxInlineBytes: number,
  asked: PackedPosition | null,
  createdMs: number,
  fireAtMs: number | null,
];

export interface SpecRow {
  readonly id: string;
  readonly parent: string | null;
  readonly kind: number;
  readonly body: string;
  readonly bytes: Uint8Array | null;
}

export function packPosition(position: LogPosition): PackedPosition {
  return [position.attempt, position.index, position.epoch, position.at];
}

export function unpackPosition([attempt, index, epoch, at]: PackedPosition): LogPosition {
  return { attempt, index, epoch, at };
}

export function packSpec(spec: ActionSpec): { readonly body: string; readonly bytes: Uint8Array | null } {
  const out = new BytesOut();
  const { retries, timeouts, maxInlineBytes } = spec.policy;
  const body: SpecBody = [
    spec.run,
    spec.name,
    spec.environment,
    spec.ordinal,
    spec.group,
    packPayload(spec.input, out),
    [retries.count, retries.baseMs, retries.factor, retries.capMs],
    [timeouts.maxRuntimeMs, timeouts.maxQueuedMs, timeouts.deadlineMs],
    maxInlineBytes,
    spec.asked === null ? null : packPosition(spec.asked),
    spec.createdMs,
    spec.fireAtMs,
  ];
  return { body: JSON.stringify(body), bytes: out.join() };
}

export function unpackSpec(row: SpecRow): ActionSpec {
  const [
    run,
    name,
    environment,
    ordinal,
    group,
    input,
    retries,
    timeouts,
    maxInlineBytes,
    asked,
    createdMs,
    fireAtMs,
  ] = JSON.parse(row.body) as SpecBody;
  const [count, baseMs, factor, capMs] = retries;
  const [maxRuntimeMs, maxQueuedMs, deadlineMs] = timeouts;
  return {
    kind: row.kind === kindCode.timer ? "timer" : "task",
    id: row.id,
    run,
    parent: row.parent,
    name,
    environment,
    ordinal,
    group,
    input: unpackPayload(input, new BytesIn(row.bytes)),
    policy: {
      retries: { count, baseMs, factor, capMs },
      timeouts: { maxRuntimeMs, maxQueuedMs, deadlineMs },
      maxInlineBytes,
    },
    asked: asked === null ? null : unpackPosition(asked),
    createdMs,
    fireAtMs,
  };
}
