/**
 * Blobs as files, in 256 folders by the hash of their key: `blobs/1f/1f9c…`. A key is never part of a path, so that no
 * key leads out of the folder. A file appears under its name only when it is whole.
 */
import { createHash } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
import { mkdir, open, readFile, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Blobs, Entropy } from "../../ports.ts";
import type { Durability } from "./database-file.ts";

export class LocalBlobs implements Blobs {
  readonly #dir: string;
  readonly #durability: Durability;
  readonly #entropy: Entropy;

  /** @param dir The state folder. Several processes may use the same one. */
  constructor(dir: string, durability: Durability, entropy: Entropy) {
    this.#dir = join(dir, "blobs");
    this.#durability = durability;
    this.#entropy = entropy;
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    const path = this.#pathOf(key);
    const unfinishedPath = join(unfinishedDir(this.#dir), this.#entropy.uuid());
    await mkdir(dirname(path), { recursive: true });
    await this.#writeFile(unfinishedPath, bytes);
    await rename(unfinishedPath, path);
    if (this.#durability === "power") await this.#flushFoldersOf(path);
  }

  async get(key: string): Promise<Uint8Array | null> {
    try {
      return await readFile(this.#pathOf(key));
    } catch (error) {
      if (isNotFound(error)) return null;
      throw error;
    }
  }

  async #writeFile(path: string, bytes: Uint8Array): Promise<void> {
    const file = await open(path, "wx");
    try {
      await file.writeFile(bytes);
      if (this.#durability === "power") await file.sync();
    } finally {
      await file.close();
    }
  }

  /** The name of a file is in its folder, and the name of that one in the folder above. */
  async #flushFoldersOf(path: string): Promise<void> {
    for (const dir of [dirname(path), this.#dir]) {
      const folder = await open(dir, "r");
      try {
        await folder.sync();
      } finally {
        await folder.close();
      }
    }
  }

  #pathOf(key: string): string {
    const hash = createHash("sha256").update(key).digest("hex");
    return join(this.#dir, hash.slice(0, 2), hash);
  }
}

/** Makes the folder, and throws away what an earlier host left unfinished. Only the host may. */
export function prepareBlobs(dir: string): void {
  const unfinished = unfinishedDir(join(dir, "blobs"));
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
}

function unfinishedDir(blobsDir: string): string {
  return join(blobsDir, "unfinished");
}

function isNotFound(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
