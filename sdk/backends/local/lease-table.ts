/**
 * Which deliveries a replica holds that have a time to end, in memory that its main thread and its lease thread share:
 * a main thread that no longer answers cannot be asked. A slot is 256 bytes: when to kill (64 bits, 0: free), how often
 * the slot was taken (32 bits), bytes of the receipt (32 bits), the receipt.
 *
 * L1. A slot's time is written after its receipt, and cleared before the slot is used again: who reads a time reads the
 *     receipt that belongs to it.
 */
const slotBytes = 256;
const receiptAtByte = 16;
const receiptBytesMax = slotBytes - receiptAtByte;

export const slotsPerBlock = 256;

export interface HeldSlot {
  /** Differs for every delivery that was ever in this slot. */
  readonly use: number;
  readonly killAtMs: number;
}

/** A fixed number of slots. Either thread makes one over the same memory. */
export class LeaseBlock {
  readonly memory: SharedArrayBuffer;
  readonly #times: BigInt64Array;
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(slotsPerBlock * slotBytes)) {
    this.memory = memory;
    this.#times = new BigInt64Array(memory);
    this.#words = new Int32Array(memory);
    this.#bytes = new Uint8Array(memory);
  }

  /** For the main thread. The slot must be free, or hold the same receipt. */
  hold(slot: number, receipt: string, killAtMs: number): void {
    const text = Buffer.from(receipt);
    if (text.length > receiptBytesMax) {
      throw new Error(
        `Broken invariant: a receipt of ${text.length} bytes, at most ${receiptBytesMax} were agreed.`,
      );
    }
    const word = (slot * slotBytes) / 4;
    Atomics.add(this.#words, word + 2, 1);
    this.#bytes.set(text, slot * slotBytes + receiptAtByte);
    Atomics.store(this.#words, word + 3, text.length);
    Atomics.store(this.#times, (slot * slotBytes) / 8, BigInt(Math.max(1, Math.ceil(killAtMs)))); // L1
  }

  /** For the main thread. */
  free(slot: number): void {
    Atomics.store(this.#times, (slot * slotBytes) / 8, 0n);
  }

  /** For the lease thread: what the slot holds, or null. */
  read(slot: number): HeldSlot | null {
    const killAtMs = Number(Atomics.load(this.#times, (slot * slotBytes) / 8));
    return killAtMs === 0 ? null : { killAtMs, use: Atomics.load(this.#words, (slot * slotBytes) / 4 + 2) };
  }

  /** For the lease thread: the receipt of a slot that is held. */
  receiptIn(slot: number): string {
    const sizeBytes = Atomics.load(this.#words, (slot * slotBytes) / 4 + 3);
    const start = slot * slotBytes + receiptAtByte;
    return Buffer.from(this.#bytes.slice(start, start + sizeBytes)).toString();
  }
}
