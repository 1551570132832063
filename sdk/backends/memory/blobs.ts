import type { Blobs } from "../../ports.ts";

/** The Blobs port over a map. Any string is a key, the empty one included. */
export class MemoryBlobs implements Blobs {
  readonly #bytes = new Map<string, Uint8Array>();

  async put(key: string, bytes: Uint8Array): Promise<void> {
    this.#bytes.set(key, new Uint8Array(bytes));
  }

  async get(key: string): Promise<Uint8Array | null> {
    const bytes = this.#bytes.get(key);
    return bytes === undefined ? null : new Uint8Array(bytes);
  }
}
