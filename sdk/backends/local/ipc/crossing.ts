/**
 * How values become JSON for a frame, and values again. Only byte strings, and errors (whose fields can be anything),
 * need something: each becomes a reference to an attachment. `Packed<T>` says so in types: whoever adds a field that
 * is no JSON to a record is told here by the compiler.
 */
import { decode } from "../../../core/codec/decode.ts";
import { encode } from "../../../core/codec/encode.ts";
import type { ErrorRecord } from "../../../core/error-record.ts";
import { protocolError } from "./frame.ts";

/** Where a byte string lies among the attachments of its frame: first byte, and how many. */
export type BytesRef = readonly [startByte: number, sizeBytes: number];

/** T with a BytesRef for each byte string and each error in it; `never` for what nothing is known about. */
type Packed<T> = unknown extends T
  ? never
  : T extends Uint8Array | ErrorRecord
    ? BytesRef
    : T extends readonly (infer E)[]
      ? readonly Packed<E>[]
      : T extends object
        ? { readonly [K in keyof T]: Packed<T[K]> }
        : T;

/** Puts bytes among the attachments of the frame that is being made. They must not change until they are written. */
export type Attach = (bytes: Uint8Array) => BytesRef;
/** The bytes of a reference in the frame that is being read. */
export type Take = (ref: BytesRef) => Uint8Array;

export interface Crossing<T> {
  pack(value: T, attach: Attach): Packed<T>;
  unpack(packed: Packed<T>, take: Take): T;
}

type PlainJson<T> = [Packed<T>] extends [never] ? never : Packed<T> extends T ? T : never;

/** For what is JSON as it is. */
export function plain<T>(): Crossing<PlainJson<T>> {
  return plainCrossing as Crossing<PlainJson<T>>;
}

const plainCrossing = { pack: (value: unknown) => value, unpack: (packed: unknown) => packed };

export function listOf<T>(item: Crossing<T>): Crossing<readonly T[]> {
  return {
    pack: (values, attach) => values.map((value) => item.pack(value, attach)) as Packed<readonly T[]>,
    unpack: (packed, take) => (packed as readonly Packed<T>[]).map((value) => item.unpack(value, take)),
  };
}

export function nullable<T>(inner: Crossing<T>): Crossing<T | null> {
  return {
    pack: (value, attach) => (value === null ? null : inner.pack(value, attach)) as Packed<T | null>,
    unpack: (packed, take) => (packed === null ? null : inner.unpack(packed as Packed<T>, take)),
  };
}

export const byteString: Crossing<Uint8Array> = {
  pack: (bytes, attach) => attach(bytes),
  unpack: (ref, take) => take(ref),
};

export const errorRecord: Crossing<ErrorRecord> = {
  pack: (record, attach) => attach(encode(record, "Record of an error")),
  unpack: (ref, take) => decode(take(ref)) as ErrorRecord,
};

/** Reads references in the attachments of one frame. */
export function takeFrom(attachments: Uint8Array): Take {
  return (ref) => {
    const [startByte, sizeBytes] = ref;
    if (!isRange(startByte, sizeBytes, attachments.length)) {
      throw protocolError(
        `a reference ${JSON.stringify(ref)} into ${attachments.length} bytes of attachments`,
      );
    }
    const endByte = startByte + sizeBytes;
    // A view keeps all that was read with it in memory: it is taken only where it is most of that.
    const isMost = sizeBytes * 2 >= attachments.buffer.byteLength;
    return isMost ? attachments.subarray(startByte, endByte) : attachments.slice(startByte, endByte);
  };
}

function isRange(startByte: unknown, sizeBytes: unknown, limitBytes: number): boolean {
  if (!Number.isInteger(startByte) || !Number.isInteger(sizeBytes)) return false;
  const [start, size] = [startByte as number, sizeBytes as number];
  return start >= 0 && size >= 0 && start + size <= limitBytes;
}
