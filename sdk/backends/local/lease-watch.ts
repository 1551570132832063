/** Which held delivery is taken to hang: a decision of the lease thread, without the thread. */
import { type LeaseBlock, slotsPerBlock } from "./lease-table.ts";

interface Overdue {
  readonly use: number;
  readonly sinceMs: number;
}

/**
 * Finds deliveries that are still held `graceMs` after they were first seen to be over their time. That first sight
 * counts, and not the time itself: when the whole machine slept, the main thread gets its chance to react first.
 */
export class LeaseWatch {
  readonly #graceMs: number;
  readonly #overdue = new Map<string, Overdue>();

  constructor(graceMs: number) {
    this.#graceMs = graceMs;
  }

  /**
   * The receipt of a delivery that hangs, or null.
   *
   * @param steadyMs A clock that never jumps, for the grace.
   */
  look(blocks: readonly LeaseBlock[], nowMs: number, steadyMs: number): string | null {
    for (const [index, block] of blocks.entries()) {
      for (let slot = 0; slot < slotsPerBlock; slot++) {
        if (this.#hangs(`${index}/${slot}`, block, slot, nowMs, steadyMs)) return block.receiptIn(slot);
      }
    }
    return null;
  }

  #hangs(place: string, block: LeaseBlock, slot: number, nowMs: number, steadyMs: number): boolean {
    const held = block.read(slot);
    if (held === null || nowMs < held.killAtMs) {
      this.#overdue.delete(place);
      return false;
    }
    const seen = this.#overdue.get(place);
    if (seen?.use === held.use) return steadyMs - seen.sinceMs >= this.#graceMs;
    this.#overdue.set(place, { use: held.use, sinceMs: steadyMs });
    return false;
  }
}
