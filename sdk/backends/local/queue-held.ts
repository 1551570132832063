/** Messages that were delivered and neither removed nor given back, by receipt and by who holds them. */
import type { QueuedMessage } from "./queue-line.ts";

interface Held {
  readonly message: QueuedMessage;
  readonly owner: Owner;
  readonly deliveredMs: number;
}

interface Owner {
  /** In the order of delivery, so that the first one lapses first. */
  readonly receipts: Set<string>;
  renewedMs: number;
}

export class HeldMessages {
  readonly #leaseMs: number;
  readonly #owners = new Map<string, Owner>();
  readonly #held = new Map<string, Held>();

  constructor(leaseMs: number) {
    this.#leaseMs = leaseMs;
  }

  add(receipt: string, message: QueuedMessage, ownerId: string, nowMs: number): void {
    const owner = this.#owners.get(ownerId) ?? { receipts: new Set(), renewedMs: nowMs };
    this.#owners.set(ownerId, owner);
    owner.receipts.add(receipt);
    this.#held.set(receipt, { message, owner, deliveredMs: nowMs });
  }

  /** The message of a receipt, which is not held any more. Null where the receipt has lapsed. */
  take(receipt: string): QueuedMessage | null {
    const held = this.#held.get(receipt);
    if (held === undefined) return null;
    this.#held.delete(receipt);
    held.owner.receipts.delete(receipt);
    return held.message;
  }

  count(ownerId: string): number {
    return this.#owners.get(ownerId)?.receipts.size ?? 0;
  }

  /** All leases of the owner last a whole lease from now on. */
  renew(ownerId: string, nowMs: number): void {
    const owner = this.#owners.get(ownerId);
    if (owner !== undefined) owner.renewedMs = nowMs;
  }

  takeAllOf(ownerId: string): QueuedMessage[] {
    const owner = this.#owners.get(ownerId);
    this.#owners.delete(ownerId);
    return [...(owner?.receipts ?? [])].flatMap((receipt) => this.take(receipt) ?? []);
  }

  takeLapsed(nowMs: number): QueuedMessage[] {
    const lapsed: QueuedMessage[] = [];
    for (const owner of this.#owners.values()) {
      for (const receipt of owner.receipts) {
        if (this.#lapseMs(receipt) > nowMs) break;
        const message = this.take(receipt);
        if (message !== null) lapsed.push(message);
      }
    }
    return lapsed;
  }

  /** When the next lease ends unless it is renewed; infinite if nothing is held. */
  get nextLapseMs(): number {
    let nextMs = Number.POSITIVE_INFINITY;
    for (const owner of this.#owners.values()) {
      const [first] = owner.receipts;
      if (first !== undefined) nextMs = Math.min(nextMs, this.#lapseMs(first));
    }
    return nextMs;
  }

  #lapseMs(receipt: string): number {
    const held = this.#held.get(receipt);
    if (held === undefined) return Number.POSITIVE_INFINITY;
    return Math.max(held.deliveredMs, held.owner.renewedMs) + this.#leaseMs;
  }
}
