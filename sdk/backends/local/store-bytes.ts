/**
 * How records are taken apart for a row: JSON without field names in one column, all bytes of the record end to end in
 * another. The JSON says how many bytes belong where. (Measured on a state: 0.5 µs, where v8's serializer takes 3 µs to 15 µs
 * and twice the room.) Errors are rare and may hold any value, so they are such bytes.
 */
import { deserialize, serialize } from "node:v8";
import type { ErrorRecord } from "../../core/error-record.ts";
import type { Outcome, Payload } from "../../core/records.ts";

/** Length of inline bytes, or the key and size of a blob. */
export type PackedPayload = number | readonly [key: string, sizeBytes: number];

/** A value, or the length of an error. */
export type PackedOutcome = null | readonly [payload: PackedPayload] | number;

/** Gathers the bytes of a record while its JSON is made. */
export class BytesOut {
  readonly #parts: Uint8Array[] = [];

  add(bytes: Uint8Array): number {
    if (bytes.length > 0) this.#parts.push(bytes);
    return bytes.length;
  }

  /** What goes into the column: null where there are none. */
  join(): Uint8Array | null {
    const [first] = this.#parts;
    if (first === undefined) return null;
    return this.#parts.length === 1 ? first : Buffer.concat(this.#parts);
  }
}

/** Hands the bytes of a row out in the order in which they were added. */
export class BytesIn {
  readonly #bytes: Uint8Array | null;
  #position = 0;

  constructor(bytes: Uint8Array | null) {
    this.#bytes = bytes;
  }

  take(length: number): Uint8Array {
    const start = this.#position;
    this.#position += length;
    const bytes = this.#bytes;
    if (bytes === null || length === 0) return new Uint8Array(0);
    return bytes.length === length ? bytes : bytes.slice(start, this.#position);
  }
}

export function packPayload(payload: Payload, out: BytesOut): PackedPayload {
  return payload.kind === "inline" ? out.add(payload.bytes) : [payload.key, payload.sizeBytes];
}

export function unpackPayload(packed: PackedPayload, bytes: BytesIn): Payload {
  if (typeof packed === "number") return { kind: "inline", bytes: bytes.take(packed) };
  return { kind: "blob", key: packed[0], sizeBytes: packed[1] };
}

export function packOutcome(outcome: Outcome | null, out: BytesOut): PackedOutcome {
  if (outcome === null) return null;
  return outcome.kind === "value" ? [packPayload(outcome.payload, out)] : packError(outcome.error, out);
}

export function unpackOutcome(packed: PackedOutcome, bytes: BytesIn): Outcome | null {
  if (packed === null) return null;
  if (typeof packed === "number") return { kind: "error", error: unpackError(packed, bytes) };
  return { kind: "value", payload: unpackPayload(packed[0], bytes) };
}

export function packError(error: ErrorRecord, out: BytesOut): number {
  return out.add(serialize(error));
}

export function unpackError(length: number, bytes: BytesIn): ErrorRecord {
  return deserialize(bytes.take(length)) as ErrorRecord;
}
