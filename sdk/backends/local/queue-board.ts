/** All queues with their receivers, and the messages that receivers hold: who gets which message when. */
import type { Clock, Delivery } from "../../ports.ts";
import { Alarm } from "./queue-alarm.ts";
import { HeldMessages } from "./queue-held.ts";
import { type QueuedMessage, QueueLine } from "./queue-line.ts";

export interface ReceiveRequest {
  readonly owner: string;
  readonly queue: string;
  readonly max: number;
  readonly waitMs: number;
  readonly signal: AbortSignal | undefined;
}

export interface BoardOptions {
  readonly clock: Clock;
  readonly leaseMs: number;
  /** Makes the delivery of a message that is being taken. */
  readonly deliver: (message: QueuedMessage) => Delivery;
}

export class MessageBoard {
  readonly #options: BoardOptions;
  readonly #lines = new Map<string, QueueLine>();
  readonly #held: HeldMessages;
  readonly #alarm: Alarm;
  #lastOrder = 0;
  #isClosed = false;

  constructor(options: BoardOptions) {
    this.#options = options;
    this.#held = new HeldMessages(options.leaseMs);
    this.#alarm = new Alarm(options.clock, () => this.#lookAtClock());
  }

  /** Puts messages on their queues, and serves receivers once all are there. */
  push(messages: readonly QueuedMessage[]): void {
    const nowMs = this.#options.clock.nowMs();
    const touched = new Set<QueueLine>();
    for (const message of messages) {
      message.order = ++this.#lastOrder;
      const line = this.#line(message.queue);
      line.push(message, nowMs);
      touched.add(line);
    }
    for (const line of touched) this.#serve(line, nowMs);
  }

  receive({ owner, queue, max, waitMs, signal }: ReceiveRequest): Promise<readonly Delivery[]> {
    const nowMs = this.#options.clock.nowMs();
    const line = this.#line(queue);
    line.promote(nowMs);
    if (line.depth > 0) return Promise.resolve(this.#take(line, max, owner, nowMs));
    const isPatient = max > 0 && waitMs > 0 && signal?.aborted !== true && !this.#isClosed;
    if (!isPatient) return Promise.resolve([]);
    return new Promise((resolve) => {
      const ending = new AbortController();
      const answer = (deliveries: readonly Delivery[]) => {
        line.removeReceiver(receiver);
        signal?.removeEventListener("abort", giveUp);
        ending.abort();
        resolve(deliveries);
      };
      const giveUp = () => answer([]);
      const receiver = { owner, max, answer };
      line.addReceiver(receiver);
      signal?.addEventListener("abort", giveUp, { once: true });
      void this.#options.clock.wait(waitMs, ending.signal).then(() => {
        if (!ending.signal.aborted) giveUp();
      });
    });
  }

  /** Ends a delivery. Null where its receipt has lapsed. */
  takeHeld(receipt: string): QueuedMessage | null {
    return this.#held.take(receipt);
  }

  putBack(messages: readonly QueuedMessage[], delayMs: number): void {
    const dueMs = this.#options.clock.nowMs() + delayMs;
    for (const message of messages) message.dueMs = dueMs;
    this.push(messages);
  }

  releaseOwner(owner: string): void {
    for (const line of this.#lines.values()) line.dismissReceivers(owner);
    this.putBack(this.#held.takeAllOf(owner), 0);
  }

  renew(owner: string): void {
    this.#held.renew(owner, this.#options.clock.nowMs());
  }

  depth(queue: string): number {
    const line = this.#line(queue);
    line.promote(this.#options.clock.nowMs());
    return line.depth;
  }

  heldBy(owner: string): number {
    return this.#held.count(owner);
  }

  close(): void {
    this.#isClosed = true;
    this.#alarm.stop();
    for (const line of this.#lines.values()) line.dismissReceivers(null);
  }

  #line(queue: string): QueueLine {
    const known = this.#lines.get(queue);
    if (known !== undefined) return known;
    const line = new QueueLine();
    this.#lines.set(queue, line);
    return line;
  }

  #serve(line: QueueLine, nowMs: number): void {
    line.promote(nowMs);
    for (let next = line.nextShare(); next !== null; next = line.nextShare()) {
      const { receiver, count } = next;
      receiver.answer(this.#take(line, count, receiver.owner, nowMs));
    }
    if (!this.#isClosed) this.#alarm.set(line.nextDueMs);
  }

  #take(line: QueueLine, countMax: number, owner: string, nowMs: number): Delivery[] {
    const deliveries = line.take(countMax).map((message) => {
      const delivery = this.#options.deliver(message);
      this.#held.add(delivery.receipt, message, owner, nowMs);
      return delivery;
    });
    if (deliveries.length > 0) this.#alarm.set(nowMs + this.#options.leaseMs);
    return deliveries;
  }

  #lookAtClock(): void {
    const nowMs = this.#options.clock.nowMs();
    this.putBack(this.#held.takeLapsed(nowMs), 0);
    for (const line of this.#lines.values()) this.#serve(line, nowMs);
    this.#alarm.set(this.#held.nextLapseMs);
  }
}
