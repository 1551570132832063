/** One queue: its messages that nobody has, in the order of their due times, and who waits for some. */
import type { ActionId, ActionSpec, Message } from "../../core/records.ts";
import type { Delivery } from "../../ports.ts";
import { type Due, DueHeap } from "./queue-heap.ts";

export interface QueuedMessage extends Due {
  readonly queue: string;
  readonly kind: Message["kind"];
  readonly action: ActionId;
  /** As the message says; null where it names none. */
  epoch: number | null;
  dueMs: number;
  order: number;
  /** Null until it is delivered for the first time, to keep long queues small. */
  id: string | null;
  /** Null where there are too many to keep, or none was given. */
  spec: ActionSpec | null;
}

export interface Receiver {
  readonly owner: string;
  readonly max: number;
  readonly answer: (deliveries: readonly Delivery[]) => void;
}

export class QueueLine {
  /** Due and not taken: from `#head` on. */
  #ready: QueuedMessage[] = [];
  #head = 0;
  readonly #delayed = new DueHeap<QueuedMessage>();
  /** In the order in which they came. */
  readonly #receivers = new Set<Receiver>();

  /** How many messages are due and not taken. */
  get depth(): number {
    return this.#ready.length - this.#head;
  }

  /** When the next message will be due; infinite if none is waited for. */
  get nextDueMs(): number {
    return this.#delayed.first?.dueMs ?? Number.POSITIVE_INFINITY;
  }

  push(message: QueuedMessage, nowMs: number): void {
    if (message.dueMs > nowMs) this.#delayed.push(message);
    else this.#ready.push(message);
  }

  /** Makes what has become due ready to be taken. */
  promote(nowMs: number): void {
    for (;;) {
      const message = this.#delayed.takeDue(nowMs);
      if (message === null) return;
      this.#ready.push(message);
    }
  }

  take(countMax: number): QueuedMessage[] {
    const taken = this.#ready.slice(this.#head, this.#head + countMax);
    this.#head += taken.length;
    if (this.#head > 1_000 && this.#head * 2 > this.#ready.length) {
      this.#ready = this.#ready.slice(this.#head);
      this.#head = 0;
    }
    return taken;
  }

  addReceiver(receiver: Receiver): void {
    this.#receivers.add(receiver);
  }

  removeReceiver(receiver: Receiver): void {
    this.#receivers.delete(receiver);
  }

  /**
   * The receiver that has waited longest, and its share: what is ready is spread over all who wait, so that two idle
   * replicas get half each.
   */
  nextShare(): { readonly receiver: Receiver; readonly count: number } | null {
    const [receiver] = this.#receivers;
    if (receiver === undefined || this.depth === 0) return null;
    const count = Math.min(receiver.max, Math.ceil(this.depth / this.#receivers.size));
    this.#receivers.delete(receiver);
    return { receiver, count };
  }

  /** Answers receivers with nothing: those of one owner, or all. */
  dismissReceivers(owner: string | null): void {
    for (const receiver of [...this.#receivers]) {
      if (owner === null || receiver.owner === owner) receiver.answer([]);
    }
  }
}
