/**
 * Bodies of items. An item holds 400 KB; a body that would not fit is put into S3 first, under the hash of its bytes, so that
 * what is written twice is there once. Only errors get that large: one has up to 64 K characters of message, of stack and of
 * fields, and more in its causes.
 */
import { hash } from "node:crypto";
import type { Blobs } from "../../ports.ts";
import { damaged, type Item } from "./items.ts";

/** Leaves 20 KB of an item to keys and head. */
const bodyBytesMax = 380 * 1_024;

export class Bodies {
  readonly #blobs: Blobs;

  constructor(blobs: Blobs) {
    this.#blobs = blobs;
  }

  /** The attribute that holds the bytes, or leads to them. None for null. */
  async attributes(run: string, bytes: Uint8Array | null): Promise<Item> {
    if (bytes === null) return {};
    if (bytes.length <= bodyBytesMax) return { b: { B: bytes } };
    const key = `bodies/${run}/${hash("sha256", bytes)}`;
    await this.#blobs.put(key, bytes);
    return { bk: { S: key } };
  }

  /** The bytes that `attributes` was given. */
  async of(item: Item): Promise<Uint8Array | null> {
    const { b, bk } = item;
    if (b?.B !== undefined) return b.B;
    if (bk?.S === undefined) return null;
    const bytes = await this.#blobs.get(bk.S);
    if (bytes === null) throw damaged(item, `its body ${bk.S} is not in the bucket`);
    return bytes;
  }
}
