/** Readers of extension payloads that hold no other values. Each throws on a payload that is not one of its type. */
import { type DateValue, dateAt } from "./date.ts";
import { binaryKinds } from "./wire.ts";

export function readDate(payload: Uint8Array): DateValue {
  return dateAt(new DataView(payload.buffer, payload.byteOffset, payload.byteLength).getFloat64(0));
}

export function readBigInt(payload: Uint8Array): bigint {
  const hex = Buffer.from(payload.buffer, payload.byteOffset + 1, payload.length - 1).toString("hex");
  const magnitude = BigInt(`0x${hex}`);
  return payload[0] === 1 ? -magnitude : magnitude;
}

/** The bytes are copied: a view into the input would keep all of it alive, and change with it. */
export function readBinary(payload: Uint8Array): ArrayBuffer | ArrayBufferView {
  const kind = binaryKinds[payload[0] as number];
  if (kind === undefined) throw new Error("there is binary content of an unknown kind");
  const { buffer } = payload.slice(1);
  if (kind === "ArrayBuffer") return buffer as ArrayBuffer;
  const View = globalThis[kind] as new (memory: ArrayBufferLike) => ArrayBufferView;
  return new View(buffer);
}

export function readRegExp(source: unknown, flags: unknown): RegExp {
  if (typeof source !== "string" || typeof flags !== "string")
    throw new Error("a regular expression has no source");
  return new RegExp(source, flags);
}

export function readBoxed(value: unknown): object {
  if (value === null || value === undefined || typeof value === "object")
    throw new Error("a boxed primitive is none");
  return Object(value);
}
