/**
 * The wire format: MessagePack (https://msgpack.org), with these extension types for what it has no type for.
 *
 * | type | for | payload |
 * |---|---|---|
 * | 0 | undefined, hole of an array | one byte: 0 undefined, 1 hole |
 * | 1 | Date | float64: milliseconds, NaN for an invalid date |
 * | 2 | bigint | one byte: 1 when negative; then the magnitude, big-endian |
 * | 3 | string that is no valid UTF-8, as it holds half of a surrogate pair | UTF-16, little-endian |
 * | 4 | RegExp | two values: source and flags |
 * | 5 | Map | values: key, value, key, value, … |
 * | 6 | Set | values |
 * | 7 | ArrayBuffer, DataView, typed array | one byte: place in `binaryKinds`; then the bytes, little-endian |
 * | 8 | Error | one value: its ErrorRecord |
 * | 9 | boxed primitive, as `new Number(1)` | one value: the primitive |
 *
 * A number is an int of up to 32 bits when it is such a whole number, else a float64. A Uint8Array is a `bin`, a plain
 * object a `map` with strings as keys. What is written this way is stored: a number here is never given another meaning.
 */
export const extension = {
  absent: 0,
  date: 1,
  bigint: 2,
  utf16: 3,
  regExp: 4,
  map: 5,
  set: 6,
  binary: 7,
  error: 8,
  boxed: 9,
} as const;

/** The position in this list is on the wire. */
export const binaryKinds = [
  "ArrayBuffer",
  "DataView",
  "Int8Array",
  "Uint8ClampedArray",
  "Int16Array",
  "Uint16Array",
  "Int32Array",
  "Uint32Array",
  "Float16Array",
  "Float32Array",
  "Float64Array",
  "BigInt64Array",
  "BigUint64Array",
] as const;

/** Containers within containers. Half of what the stack of a fresh process holds, so that whoever decodes has room for it. */
export const depthMax = 500;

/** No value is encoded into more bytes than this; what is larger belongs into a file. */
export const encodedBytesMax = 256 * 1024 * 1024;

/** Arrays with more holes than this are refused: they are an index, not a list. */
export const holesMax = 65_536;
