import type { Clock, Delivery, Leases } from "../../ports.ts";
import type { MemoryQueue } from "./queue.ts";

/**
 * The Leases port in memory. There is no process to kill here: a delivery that is still held at its `killAtMs` is let
 * go, and comes to somebody else when its lease ends, as after a kill.
 */
export class MemoryLeases implements Leases {
  readonly #queue: MemoryQueue;
  readonly #clock: Clock;
  readonly #leaseMs: number;
  readonly #held = new Map<string, AbortController>();

  constructor(options: { readonly queue: MemoryQueue; readonly clock: Clock; readonly leaseMs: number }) {
    this.#queue = options.queue;
    this.#clock = options.clock;
    this.#leaseMs = options.leaseMs;
  }

  hold(delivery: Delivery, killAtMs: number | null): void {
    this.drop(delivery);
    const held = new AbortController();
    this.#held.set(delivery.receipt, held);
    void this.#keep(delivery, killAtMs ?? Number.POSITIVE_INFINITY, held.signal);
  }

  drop(delivery: Delivery): void {
    this.#held.get(delivery.receipt)?.abort();
    this.#held.delete(delivery.receipt);
  }

  async #keep(delivery: Delivery, killAtMs: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const leftMs = killAtMs - this.#clock.nowMs();
      if (leftMs <= 0 || !this.#queue.extend(delivery, this.#leaseMs)) {
        this.drop(delivery);
        return;
      }
      await this.#clock.wait(Math.min(this.#leaseMs / extensionsPerLease, leftMs), signal);
    }
  }
}

/** One extension may come late without the lease ending. */
const extensionsPerLease = 3;
