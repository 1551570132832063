/**
 * Hashes for identity: equal values, equal hashes, in every process and version. They are part of the ids of actions
 * and traces, so what is written here can never change.
 *
 * Equal means: the order of keys, of Map entries and of Set members does not count, nor do the stacks of errors. All else
 * does: 0 and -0, 1 and 1n, a property that is undefined and one that is missing are different.
 */
import { hash } from "node:crypto";
import type { ErrorRecord } from "../errors/record.ts";
import { toErrorRecord } from "../errors/to-record.ts";
import type { ByteWriter } from "./byte-writer.ts";
import { writeValue } from "./value-writer.ts";

/** The encoding of a value that is the same for all values that are equal. Takes and refuses what `encode` does. */
export function canonicalBytes(value: unknown, what = "Value"): Uint8Array<ArrayBuffer> {
  return writeValue(value, what, options, (out) => out.bytes.slice(0, out.pos));
}

/**
 * 26 letters and digits (a–z, 2–7) that stand for the value: 128 bits of the SHA-256 of its canonical encoding.
 *
 * @param what Names the value in errors, as in `Input of task "score"`.
 * @throws UnserializableValueError as `encode` does.
 * @example valueHash({ start: 0, end: 10 }) === valueHash({ end: 10, start: 0 }) // true
 */
export function valueHash(value: unknown, what = "Value"): string {
  return writeValue(value, what, options, hashOf);
}

/**
 * 26 letters and digits (a–z, 2–7) that stand for a list of strings. The parts are told apart: `["ab", "c"]` and
 * `["a", "bc"]` have different hashes.
 */
export function hashStrings(parts: readonly string[]): string {
  let text = "";
  for (const part of parts) text += `${part.length}:${part}`;
  // Halves of surrogate pairs have no UTF-8 of their own: all would be hashed as one and the same.
  const input = text.isWellFormed() ? text : Buffer.from(`\uD800${text}`, "utf16le");
  return base32(hash("sha256", input, "binary"));
}

const options = { canonical: true, recordOf: (error: Error) => withoutStack(toErrorRecord(error)) };

/** An error that was made on another line is the same error. */
function withoutStack(record: ErrorRecord): ErrorRecord {
  return {
    ...record,
    stack: null,
    ...(record.cause === undefined ? {} : { cause: withoutStack(record.cause) }),
    ...(record.errors === undefined ? {} : { errors: record.errors.map(withoutStack) }),
  };
}

function hashOf(out: ByteWriter): string {
  return base32(hash("sha256", out.bytes.subarray(0, out.pos), "binary"));
}

const alphabet = "abcdefghijklmnopqrstuvwxyz234567";
const hashBits = 128;

/** The first 128 bits of a digest, given as one character a byte, 5 bits a letter. */
function base32(digest: string): string {
  let text = "";
  let held = 0;
  let heldBits = 0;
  for (let i = 0; i < hashBits / 8; i++) {
    held = (held << 8) | digest.charCodeAt(i);
    for (heldBits += 8; heldBits >= 5; heldBits -= 5) text += alphabet[(held >>> (heldBits - 5)) & 31];
    held &= (1 << heldBits) - 1;
  }
  return text + alphabet[(held << (5 - heldBits)) & 31];
}
