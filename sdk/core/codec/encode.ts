import { toErrorRecord } from "../errors/to-record.ts";
import type { ByteWriter } from "./byte-writer.ts";
import { writeValue } from "./value-writer.ts";

/**
 * A value as bytes, for another process or a later time; `decode` gives the value back.
 *
 * Values are what structured clone knows: null and undefined, booleans, numbers (NaN, infinities and -0 too), bigints, strings,
 * dates, regular expressions, maps, sets, ArrayBuffers, typed arrays, DataViews, errors, plain objects and arrays of these.
 * Some things arrive changed: an object without prototype gets the usual one, a Buffer becomes a Uint8Array, an error
 * of a class that Drover does not know becomes an Error of that name (see `toErrorRecord`), and what is referred to twice becomes
 * two copies. Arrays keep their holes (up to 65,536), but named properties of arrays, `lastIndex` of regular expressions
 * and non-enumerable properties do not travel. Getters are read.
 *
 * Limits: 500 levels of nesting, 256 MiB of result.
 *
 * @param what Names the value in errors, as in `Input of task "score"`. Its first word begins the path: `input.items[3]`.
 * @throws UnserializableValueError for a function, symbol, promise, class instance or cycle anywhere in it, or beyond a limit.
 * @example encode({ start: 0, end: 1_000 }, 'Input of task "score"').byteLength
 */
export function encode(value: unknown, what = "Value"): Uint8Array<ArrayBuffer> {
  return writeValue(value, what, options, copyOf);
}

const options = { recordOf: toErrorRecord };

function copyOf(out: ByteWriter): Uint8Array<ArrayBuffer> {
  return out.bytes.slice(0, out.pos);
}
