import type { Message } from "../../core/records.ts";
import type { Clock, Delivery, Entropy, Outgoing, Queue } from "../../ports.ts";
import { Bell } from "./bell.ts";
import { copyOf } from "./copy.ts";
import { type KeptMessage, MessageLine } from "./message-line.ts";

interface MemoryQueueOptions {
  readonly clock: Clock;
  readonly entropy: Entropy;
  /** How long a received message stays hidden unless its lease is extended. */
  readonly leaseMs: number;
}

/** The Queue port in memory: leases and delays run on the given clock, messages come about first in, first out. */
export class MemoryQueue implements Queue {
  readonly #clock: Clock;
  readonly #entropy: Entropy;
  readonly #leaseMs: number;
  readonly #queues = new Map<string, { readonly line: MessageLine; readonly bell: Bell }>();

  constructor({ clock, entropy, leaseMs }: MemoryQueueOptions) {
    this.#clock = clock;
    this.#entropy = entropy;
    this.#leaseMs = leaseMs;
  }

  async send(messages: readonly Outgoing[]): Promise<void> {
    const nowMs = this.#clock.nowMs();
    for (const { queue, message, delayMs } of messages) {
      this.#at(queue).line.add(this.#entropy.uuid(), copyOf(message), nowMs + delayMs, nowMs);
    }
    // Also for delayed ones: who sleeps until the next message is due may now have to get up earlier.
    for (const queue of new Set(messages.map((outgoing) => outgoing.queue))) this.#at(queue).bell.ring();
  }

  async receive(
    queue: string,
    max: number,
    waitMs: number,
    signal?: AbortSignal,
  ): Promise<readonly Delivery[]> {
    const { line, bell } = this.#at(queue);
    const deadlineMs = this.#clock.nowMs() + waitMs;
    while (!signal?.aborted) {
      const nowMs = this.#clock.nowMs();
      const taken = line.take(max, nowMs + this.#leaseMs, nowMs);
      if (taken.length > 0 || nowMs >= deadlineMs) return taken.map((kept) => deliveryOf(queue, kept));
      const wakeAtMs = Math.min(line.nextVisibleMs(nowMs) ?? deadlineMs, deadlineMs);
      await bell.wait(wakeAtMs - nowMs, signal);
    }
    return [];
  }

  async remove(deliveries: readonly Delivery[]): Promise<void> {
    for (const delivery of deliveries) {
      const kept = this.#held(delivery);
      if (kept !== null) this.#at(delivery.queue).line.remove(kept);
    }
  }

  async release(delivery: Delivery, delayMs: number): Promise<void> {
    const kept = this.#held(delivery);
    if (kept === null) return;
    kept.receipt = null;
    this.#hide(delivery.queue, kept, delayMs);
  }

  /**
   * Makes the lease of a delivery end `ms` from now, earlier or later than it would have. False when it has lapsed: the
   * message may be with somebody else, or gone.
   */
  extend(delivery: Delivery, ms: number): boolean {
    const kept = this.#held(delivery);
    if (kept !== null) this.#hide(delivery.queue, kept, ms);
    return kept !== null;
  }

  /** How many messages a queue has, those counted that a lease or a delay hides. */
  depth(queue: string): number {
    return this.#queues.get(queue)?.line.depth ?? 0;
  }

  #hide(queue: string, kept: KeptMessage, ms: number): void {
    const { line, bell } = this.#at(queue);
    const nowMs = this.#clock.nowMs();
    line.hide(kept, nowMs + ms, nowMs);
    bell.ring();
  }

  #held({ queue, messageId, receipt }: Delivery): KeptMessage | null {
    return this.#at(queue).line.held(messageId, receipt, this.#clock.nowMs());
  }

  #at(queue: string): { readonly line: MessageLine; readonly bell: Bell } {
    const known = this.#queues.get(queue);
    if (known !== undefined) return known;
    const made = { line: new MessageLine(), bell: new Bell(this.#clock) };
    this.#queues.set(queue, made);
    return made;
  }
}

function deliveryOf(queue: string, kept: KeptMessage): Delivery {
  const { messageId, receipt } = kept;
  if (receipt === null)
    throw new Error(`Broken invariant: message ${messageId} was taken without a receipt.`);
  return { queue, messageId, receipt, message: copyOf<Message>(kept.message) };
}
