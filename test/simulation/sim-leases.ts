/**
 * Keeps the leases of one process: dies and stalls with it, and kills it when a delivery is held for too long. A process
 * whose user code blocks is stalled as a whole here, its keeper included, unless it is to be killed.
 */
import type { MemoryQueue } from "../../sdk/backends/memory/queue.ts";
import type { Delivery, Leases } from "../../sdk/ports.ts";
import type { SimProcess } from "./sim-process.ts";

interface Held {
  killAtMs: number | null;
}

export class SimLeases implements Leases {
  readonly #process: SimProcess;
  readonly #queue: MemoryQueue;
  readonly #leaseMs: number;
  readonly #held = new Map<string, Held>();

  constructor(process: SimProcess, queue: MemoryQueue, leaseMs: number) {
    this.#process = process;
    this.#queue = queue;
    this.#leaseMs = leaseMs;
  }

  hold(delivery: Delivery, killAtMs: number | null): void {
    const known = this.#held.get(delivery.receipt);
    if (known !== undefined) {
      known.killAtMs = killAtMs;
      return;
    }
    const held: Held = { killAtMs };
    this.#held.set(delivery.receipt, held);
    this.#keep(delivery, held);
  }

  drop(delivery: Delivery): void {
    this.#held.delete(delivery.receipt);
  }

  #keep(delivery: Delivery, held: Held): void {
    if (this.#held.get(delivery.receipt) !== held) return;
    // Some time after the limit, as the keeper's thread gives the code a last chance to hear its AbortSignal.
    const graceMs = 10_000;
    if (held.killAtMs !== null && this.#process.clock.nowMs() > held.killAtMs + graceMs) {
      this.#process.kill("a delivery was held beyond its limit");
      return;
    }
    this.#queue.extend(delivery, this.#leaseMs);
    this.#process.schedule(this.#leaseMs / 3, () => this.#keep(delivery, held));
  }
}
