/** Orders that do not depend on how a value was put together. */
import type { ByteWriter } from "./byte-writer.ts";

/**
 * The keys of a plain object in canonical order. Array indexes come first and ascending, as the language itself lists them;
 * the others follow in the order of their UTF-16 code units. (So a record by number needs no sorting.)
 */
export function canonicalKeys(keys: string[]): string[] {
  let names = 0;
  while (names < keys.length && isArrayIndex(keys[names] as string)) names++;
  if (isSorted(keys, names)) return keys;
  return [...keys.slice(0, names), ...keys.slice(names).sort()];
}

function isArrayIndex(key: string): boolean {
  const index = Number(key) >>> 0;
  return index !== 0xffff_ffff && String(index) === key;
}

function isSorted(keys: readonly string[], from: number): boolean {
  for (let i = from + 1; i < keys.length; i++) {
    if ((keys[i - 1] as string) > (keys[i] as string)) return false;
  }
  return true;
}

/** Puts encoded entries, which lie one after the other and end at these positions, in the order of their bytes. */
export function sortEntries(out: ByteWriter, start: number, ends: readonly number[]): void {
  if (ends.length < 2) return;
  const written = Buffer.from(out.bytes.slice(start, out.pos).buffer);
  const entries = ends.map((end, i) => written.subarray((ends[i - 1] ?? start) - start, end - start));
  entries.sort(Buffer.compare);
  out.pos = start;
  for (const entry of entries) out.raw(entry);
}
