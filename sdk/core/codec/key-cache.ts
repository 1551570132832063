const slots = 2_048;

/**
 * The keys of objects repeat. Comparing bytes with a string that exists is faster than making the string, and records of the
 * same shape then share their keys. A direct-mapped table: its size is fixed, and a newcomer takes the place of its predecessor.
 */
export class KeyCache {
  readonly #keys = new Array<string>(slots).fill("");

  /** The string for a key of up to 31 bytes, or null for one that is not ASCII. */
  get(bytes: Uint8Array, start: number, size: number): string | null {
    let hash = size;
    for (let i = start; i < start + size; i++) {
      const code = bytes[i] as number;
      if (code > 127) return null;
      hash = (Math.imul(hash, 31) + code) | 0;
    }
    const slot = (hash ^ (hash >>> 11)) & (slots - 1);
    const known = this.#keys[slot] as string;
    if (matches(known, bytes, start, size)) return known;
    const key = String.fromCharCode.apply(null, bytes.subarray(start, start + size) as unknown as number[]);
    this.#keys[slot] = key;
    return key;
  }
}

function matches(key: string, bytes: Uint8Array, start: number, size: number): boolean {
  if (key.length !== size) return false;
  for (let i = 0; i < size; i++) {
    if (key.charCodeAt(i) !== bytes[start + i]) return false;
  }
  return true;
}
