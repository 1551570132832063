import type { Clock, Entropy, StoreLimits, World } from "../../ports.ts";
import { MemoryBlobs } from "./blobs.ts";
import { MemoryCatalog } from "./catalog.ts";
import { MemoryChanges } from "./changes.ts";
import { MemoryLeases } from "./leases.ts";
import { defaultLimits } from "./limits.ts";
import { MemoryQueue } from "./queue.ts";
import { MemoryStore } from "./store.ts";
import { Tables } from "./tables.ts";

export interface MemoryBackendOptions {
  /** All time comes from it: leases, delays and waits. */
  readonly clock: Clock;
  /** Makes the ids of messages. */
  readonly entropy: Entropy;
  /**
   * How long a received message stays hidden unless its lease is extended.
   *
   * @default 30_000
   */
  readonly leaseMs?: number;
  /** Limits of the store that differ from its own, to see code keep to small ones. */
  readonly limits?: Partial<StoreLimits>;
}

/** Everything the engine needs, kept in this process and gone with it. */
export interface MemoryBackend extends World {
  readonly store: MemoryStore;
  readonly blobs: MemoryBlobs;
  readonly queue: MemoryQueue;
  readonly leases: MemoryLeases;
  readonly changes: MemoryChanges;
  readonly catalog: MemoryCatalog;
}

const leaseMsDefault = 30_000;

/**
 * A backend that keeps every promise of the ports within one process, for tests and simulations. It makes no use of real
 * time, real randomness or storage.
 *
 * @example
 * const backend = createMemoryBackend({ clock: new VirtualClock(), entropy });
 * await backend.store.createRun(run);
 */
export function createMemoryBackend(options: MemoryBackendOptions): MemoryBackend {
  const { clock, entropy, leaseMs = leaseMsDefault } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const tables = new Tables();
  const changes = new MemoryChanges(clock);
  const queue = new MemoryQueue({ clock, entropy, leaseMs });
  return {
    clock,
    entropy,
    store: new MemoryStore({ tables, limits, clock, onEnded: (state) => changes.tell(state) }),
    blobs: new MemoryBlobs(),
    queue,
    leases: new MemoryLeases({ queue, clock, leaseMs }),
    changes,
    catalog: new MemoryCatalog(tables),
  };
}
