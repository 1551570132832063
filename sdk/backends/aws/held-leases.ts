/** What a replica holds, and which of it is taken to hang: the lease thread's book, without the thread. */

export interface HeldLease {
  /** Null for what is on no queue: it is only watched. */
  readonly queueUrl: string | null;
  readonly receipt: string;
  /** When its executor must have let go of it; null for never. */
  readonly killAtMs: number | null;
}

/** Most entries of one request. */
const batchMax = 10;

export class HeldLeases {
  readonly #graceMs: number;
  readonly #held = new Map<string, HeldLease>();
  /** On a clock that never jumps: since when a receipt has been seen to be over its time. */
  readonly #overdueSince = new Map<string, number>();

  constructor(graceMs: number) {
    this.#graceMs = graceMs;
  }

  /** Held again, a receipt has another time to end. */
  hold(lease: HeldLease): void {
    this.#held.set(lease.receipt, lease);
    this.#overdueSince.delete(lease.receipt);
  }

  drop(receipt: string): void {
    this.#held.delete(receipt);
    this.#overdueSince.delete(receipt);
  }

  /** All that is held, in requests of one queue each. */
  batches(): { readonly queueUrl: string; readonly receipts: readonly string[] }[] {
    const byQueue = Map.groupBy(this.#held.values(), (lease) => lease.queueUrl);
    return [...byQueue].flatMap(([queueUrl, leases]) => {
      if (queueUrl === null) return [];
      return chunks(leases).map((chunk) => ({ queueUrl, receipts: chunk.map(({ receipt }) => receipt) }));
    });
  }

  /**
   * The receipt of a delivery that hangs, or null: one that is still held so long after it was first seen to be over its time.
   * That first sight counts, and not the time itself: when the whole machine slept, the main thread may react first.
   */
  hanging(nowMs: number, steadyMs: number): string | null {
    for (const { receipt, killAtMs } of this.#held.values()) {
      if (killAtMs === null || nowMs < killAtMs) continue;
      const sinceMs = this.#overdueSince.get(receipt) ?? steadyMs;
      this.#overdueSince.set(receipt, sinceMs);
      if (steadyMs - sinceMs >= this.#graceMs) return receipt;
    }
    return null;
  }
}

function chunks(leases: readonly HeldLease[]): HeldLease[][] {
  return Array.from({ length: Math.ceil(leases.length / batchMax) }, (_, index) =>
    leases.slice(index * batchMax, (index + 1) * batchMax),
  );
}
