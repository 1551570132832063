/** The storage services of a simulation: the memory backend's parts, which never fail by themselves. */

import { defaultLimits } from "../../sdk/backends/memory/limits.ts";
import { MemoryQueue } from "../../sdk/backends/memory/queue.ts";
import { MemoryStore } from "../../sdk/backends/memory/store.ts";
import { Tables } from "../../sdk/backends/memory/tables.ts";
import type { ActionState } from "../../sdk/core/records.ts";
import type { Blobs, StoreLimits } from "../../sdk/ports.ts";
import type { Random } from "./random.ts";
import type { Scheduler } from "./scheduler.ts";

export interface Storage {
  readonly tables: Tables;
  readonly store: MemoryStore;
  readonly queue: MemoryQueue;
  readonly blobs: KeptBlobs;
  readonly leaseMs: number;
}

export function createStorage(
  scheduler: Scheduler,
  random: Random,
  onEnded: (state: ActionState) => void,
): Storage {
  const tables = new Tables();
  const clock = scheduler.clock();
  const entropy = { uuid: () => random.uuid(), random: () => random.next() };
  const leaseMs = random.pick([3_000, 10_000, 30_000]);
  return {
    tables,
    store: new MemoryStore({ tables, limits: drawLimits(random), clock, onEnded }),
    queue: new MemoryQueue({ clock, entropy, leaseMs }),
    blobs: new KeptBlobs(),
    leaseMs,
  };
}

/** Small ones, so that small programs meet them. */
function drawLimits(random: Random): StoreLimits {
  const inlineBytesMax = random.pick([120, 400, 16_384]);
  return {
    ...defaultLimits,
    inlineBytesMax,
    journalBatchBytesMax: inlineBytesMax * 4,
    journalBatchRecordsMax: random.pick([2, 5, 500]),
    specsMax: random.pick([2, 5, 25]),
    mailboxEntriesMax: random.pick([1, 3, 25]),
  };
}

/** Blobs whose bytes can be looked at without a request. */
class KeptBlobs implements Blobs {
  readonly bytes = new Map<string, Uint8Array>();

  async put(key: string, bytes: Uint8Array): Promise<void> {
    const known = this.bytes.get(key);
    if (known !== undefined && !isEqual(known, bytes)) {
      throw new Error(`Blob "${key}" was written twice with different bytes.`);
    }
    this.bytes.set(key, new Uint8Array(bytes));
  }

  async get(key: string): Promise<Uint8Array | null> {
    const bytes = this.bytes.get(key);
    return bytes === undefined ? null : new Uint8Array(bytes);
  }
}

function isEqual(one: Uint8Array, two: Uint8Array): boolean {
  return one.byteLength === two.byteLength && one.every((byte, place) => byte === two[place]);
}
