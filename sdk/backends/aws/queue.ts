/**
 * Queues in SQS: a standard queue for each environment and one for timers and limits.
 *
 * Q1. SQS counts in seconds: leases and delays are rounded up to them.
 * Q2. SQS keeps no message back for longer than 15 minutes. One that is due later carries its time, and whoever receives it
 *     early sends it on before it removes what it received; so it may come twice, but is never lost.
 * Q3. Lapsed receipts are ignored as far as SQS does: a standard queue may still take one, and then removes or gives back what
 *     somebody else holds. The first happens only to messages that are over (the engine removes no others); the second costs
 *     an executor its lease, which the claim's epoch makes harmless.
 */
import { runOf } from "../../core/identity.ts";
import type { Delivery, Outgoing, Queue } from "../../ports.ts";
import { writeBody } from "./message-body.ts";
import type { Pauses } from "./pauses.ts";
import { QueueReceiver } from "./queue-receiver.ts";
import { type Hiding, QueueRequests, type QueueRequestsOptions, type Sending } from "./queue-requests.ts";
import { SqsBatches } from "./sqs-batches.ts";

export interface AwsQueueOptions extends QueueRequestsOptions, Pauses {
  /** How long a received message stays hidden unless its lease is extended. */
  readonly leaseMs: number;
  /** Longest delay of one sending (Q2). @default 15 minutes, the most that SQS keeps */
  readonly delayMsMax?: number;
}

const delayMsMaxDefault = 900_000;

/** SQS hides a message for at most 12 hours after it was received; some of them may have passed. */
const hiddenMsMax = 11 * 3_600_000;

export class AwsQueue implements Queue {
  readonly #options: Required<AwsQueueOptions>;
  readonly #sends: SqsBatches<Sending>;
  readonly #removes: SqsBatches<Delivery>;
  readonly #hides: SqsBatches<Hiding>;
  readonly #receiver: QueueReceiver;

  constructor(options: AwsQueueOptions) {
    this.#options = { delayMsMax: delayMsMaxDefault, ...options };
    const requests = new QueueRequests(options);
    this.#sends = new SqsBatches({
      pauses: options,
      operation: "send messages",
      queueOf: ({ queue }) => queue,
      request: (queue, sendings) => requests.send(queue, sendings),
    });
    this.#removes = new SqsBatches({
      pauses: options,
      operation: "remove messages",
      queueOf: ({ queue }) => queue,
      request: (queue, deliveries) => requests.remove(queue, deliveries),
    });
    this.#hides = new SqsBatches({
      pauses: options,
      operation: "change leases",
      queueOf: ({ queue }) => queue,
      request: (queue, hidings) => requests.hide(queue, hidings),
    });
    this.#receiver = new QueueReceiver(
      { ...options, requests },
      {
        sendOn: (early, delivery) => this.#sendOn(early, delivery),
        giveBack: (queue, receipt) => this.#hides.ask({ queue, receipt, ms: 0 }),
      },
    );
  }

  async send(messages: readonly Outgoing[]): Promise<void> {
    await Promise.all(messages.map((outgoing) => this.#sends.ask(this.#sendingOf(outgoing))));
  }

  async receive(
    queue: string,
    max: number,
    waitMs: number,
    signal?: AbortSignal,
  ): Promise<readonly Delivery[]> {
    return await this.#receiver.receive(queue, max, waitMs, signal);
  }

  async remove(deliveries: readonly Delivery[]): Promise<void> {
    await Promise.all(deliveries.map((delivery) => this.#removes.ask(delivery)));
  }

  async release(delivery: Delivery, delayMs: number): Promise<void> {
    await this.#hides.ask({ ...placeOf(delivery), ms: Math.min(delayMs, hiddenMsMax) });
  }

  /** Makes the leases of deliveries end `ms` from now. For each, false when it has lapsed. */
  async extend(deliveries: readonly Delivery[], ms: number): Promise<readonly boolean[]> {
    return await Promise.all(deliveries.map((delivery) => this.#hides.ask({ ...placeOf(delivery), ms })));
  }

  /**
   * Resolves when no poll is under way that was told to stop: within 20 s. A process that ends before that may leave a message
   * hidden for the rest of its lease.
   */
  async settled(): Promise<void> {
    await this.#receiver.settled();
  }

  #sendingOf({ queue, message, delayMs }: Outgoing): Sending {
    const { clock, delayMsMax } = this.#options;
    const isLong = delayMs > delayMsMax;
    const body = writeBody({ message, dueMs: isLong ? clock.nowMs() + delayMs : null });
    return { queue, body, group: runOf(message.action), delayMs: isLong ? delayMsMax : delayMs };
  }

  async #sendOn(outgoing: Outgoing, delivery: Delivery): Promise<void> {
    await this.send([outgoing]);
    await this.remove([delivery]);
  }
}

function placeOf({ queue, receipt }: Delivery): Pick<Hiding, "queue" | "receipt"> {
  return { queue, receipt };
}
