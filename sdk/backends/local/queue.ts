/**
 * The queues of the host. They are kept in memory only: which messages there must be follows from the durable records
 * (queue-refill.ts), so a host that starts makes them anew.
 *
 * Q1. A message to run an action, or to fire a timer, is dropped where an equal one waits already and is due no later.
 *     That holds for what is stored; a queue knows nothing of other actions.
 * Q2. Taking the last message of a timer off its queue is durable: it does not fire again after a restart.
 * Q3. A delivery belongs to an owner, usually a connection, and comes back when the owner is gone or silent for a lease.
 */
import type { ActionId, ActionSpec, Message } from "../../core/records.ts";
import type { Clock, Delivery, Entropy, Outgoing, Queue } from "../../ports.ts";
import { MessageBoard } from "./queue-board.ts";
import type { QueuedMessage } from "./queue-line.ts";
import { SpecShelf } from "./queue-specs.ts";

/** A queue whose deliveries belong to owners. What is received through its own methods belongs to the owner `host`. */
export interface OwnedQueue extends Queue {
  /** The queue as another owner sees it; `ownerId` is any name that no other owner has. */
  forOwner(ownerId: string): Queue;
  /** The owner is gone: what it held is delivered to others at once, and nothing more is delivered to it. */
  releaseOwner(ownerId: string): void;
  /** The owner is alive: all its leases begin anew. */
  heartbeat(ownerId: string): void;
  /** How many messages are due and held by nobody. */
  depth(queue: string): number;
  /** How many messages the owner holds. */
  heldBy(ownerId: string): number;
}

/** A message that must be there when a host starts. */
export interface RestoredMessage {
  readonly queue: string;
  readonly message: Message;
  readonly dueMs: number;
  /** The id that it must have, or null for a fresh one. */
  readonly messageId: string | null;
}

export interface LocalQueueOptions {
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly leaseMs: number;
  /** Reads a spec that is not at hand. */
  readonly readSpec: (action: ActionId) => ActionSpec | null;
  readonly isStored: (action: ActionId) => boolean;
  /** Makes it durable that these timers have been dealt with. */
  readonly settleTimers: (timers: readonly ActionId[]) => Promise<void>;
}

const hostOwner = "host";

export class LocalQueue implements OwnedQueue {
  readonly #options: LocalQueueOptions;
  readonly #board: MessageBoard;
  readonly #specs: SpecShelf;
  /** Of each action, and each timer, the message that waits and is due first. */
  readonly #waiting = new Map<ActionId, QueuedMessage>();
  /** How many messages of each timer are not removed. */
  readonly #timers = new Map<ActionId, number>();
  /** Tells receipts of this host from those of an earlier one. */
  readonly #receiptPrefix: string;
  #lastReceipt = 0;

  constructor(options: LocalQueueOptions) {
    this.#options = options;
    this.#specs = new SpecShelf(options.readSpec);
    this.#receiptPrefix = options.entropy.uuid();
    const { clock, leaseMs } = options;
    this.#board = new MessageBoard({ clock, leaseMs, deliver: (message) => this.#deliver(message) });
  }

  forOwner(ownerId: string): Queue {
    return {
      send: (messages) => this.send(messages),
      receive: async (queue, max, waitMs, signal) => {
        return this.#board.receive({ owner: ownerId, queue, max, waitMs, signal });
      },
      remove: (deliveries) => this.remove(deliveries),
      release: (delivery, delayMs) => this.release(delivery, delayMs),
    };
  }

  async send(messages: readonly Outgoing[]): Promise<void> {
    const nowMs = this.#options.clock.nowMs();
    this.restore(
      messages.map(({ queue, message, delayMs }) => ({
        queue,
        message,
        dueMs: nowMs + delayMs,
        messageId: null,
      })),
    );
  }

  /** Puts messages on their queues as they are. */
  restore(messages: Iterable<RestoredMessage>): void {
    const queued: QueuedMessage[] = [];
    for (const { queue, message, dueMs, messageId } of messages) {
      const { kind, action, epoch = null } = message;
      const one: QueuedMessage = { queue, kind, action, epoch, dueMs, order: 0, id: messageId, spec: null };
      if (!this.#admit(one)) continue;
      this.#specs.keep(one, message.spec);
      queued.push(one);
    }
    this.#board.push(queued);
  }

  async receive(
    queue: string,
    max: number,
    waitMs: number,
    signal?: AbortSignal,
  ): Promise<readonly Delivery[]> {
    return this.#board.receive({ owner: hostOwner, queue, max, waitMs, signal });
  }

  async remove(deliveries: readonly Delivery[]): Promise<void> {
    const done: ActionId[] = [];
    for (const { receipt } of deliveries) {
      const message = this.#board.takeHeld(receipt);
      if (message === null) continue;
      this.#specs.drop(message);
      if (message.kind === "timer" && this.#isLast(message.action)) done.push(message.action);
    }
    if (done.length > 0) await this.#options.settleTimers(done); // Q2
  }

  async release(delivery: Delivery, delayMs: number): Promise<void> {
    const message = this.#board.takeHeld(delivery.receipt);
    if (message !== null) this.#board.putBack([message], delayMs);
  }

  releaseOwner(ownerId: string): void {
    this.#board.releaseOwner(ownerId);
  }

  heartbeat(ownerId: string): void {
    this.#board.renew(ownerId);
  }

  depth(queue: string): number {
    return this.#board.depth(queue);
  }

  heldBy(ownerId: string): number {
    return this.#board.heldBy(ownerId);
  }

  /** Ends all waits with nothing. */
  close(): void {
    this.#board.close();
  }

  /** Q1. */
  #admit(message: QueuedMessage): boolean {
    const { kind, action, dueMs } = message;
    if (kind === "expire" || !this.#options.isStored(action)) return true;
    const waiting = this.#waiting.get(action);
    if (waiting !== undefined && waiting.dueMs <= dueMs) {
      // One that waits stands for both: it has to be good for the later epoch, or for any.
      waiting.epoch =
        waiting.epoch === null || message.epoch === null ? null : Math.max(waiting.epoch, message.epoch);
      return false;
    }
    this.#waiting.set(action, message);
    if (kind === "timer") this.#timers.set(action, (this.#timers.get(action) ?? 0) + 1);
    return true;
  }

  /** True if the message of the timer that is being removed was the only one. */
  #isLast(timer: ActionId): boolean {
    const left = (this.#timers.get(timer) ?? 1) - 1;
    if (left > 0) this.#timers.set(timer, left);
    else this.#timers.delete(timer);
    return left === 0;
  }

  #deliver(message: QueuedMessage): Delivery {
    const { queue, kind, action, epoch } = message;
    if (this.#waiting.get(action) === message) this.#waiting.delete(action);
    message.id ??= this.#options.entropy.uuid();
    const receipt = `${this.#receiptPrefix}:${++this.#lastReceipt}`;
    return {
      queue,
      messageId: message.id,
      receipt,
      message: { kind, action, spec: this.#specs.of(message), ...(epoch === null ? {} : { epoch }) },
    };
  }
}
