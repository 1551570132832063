import { errorFrom } from "../errors/from-record.ts";
import { readValue } from "./value-reader.ts";

/**
 * The value that `encode` was given. Shares no memory with `bytes`. Safe for bytes from anywhere: time and memory are bounded by
 * their number.
 *
 * @throws CorruptValueError for bytes that are cut short, damaged or of an unknown type.
 * @example decode(encode(new Map([["a", 1n]]))) // Map { "a" => 1n }
 */
export function decode(bytes: Uint8Array): unknown {
  return readValue(bytes, errorFrom);
}
