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
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  SendMessageBatchCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { runOf } from "../../core/identity.ts";
import type { Delivery, Outgoing, Queue } from "../../ports.ts";
import { writeBody } from "./message-body.ts";
import type { Meter } from "./meter.ts";
import type { Pauses } from "./pauses.ts";
import { QueueReceiver } from "./queue-receiver.ts";
import { SqsBatches } from "./sqs-batches.ts";
import { inSeconds, requestsFor } from "./sqs-units.ts";

export interface AwsQueueOptions extends Pauses {
  readonly client: SQSClient;
  readonly meter: Meter;
  /** Where the queue of an environment is. */
  readonly queueUrl: (queue: string) => Promise<string>;
  /** How long a received message stays hidden unless its lease is extended. */
  readonly leaseMs: number;
  /** Longest delay of one sending (Q2). @default 15 minutes, the most that SQS keeps */
  readonly delayMsMax?: number;
}

const delayMsMaxDefault = 900_000;

/** SQS hides a message for at most 12 hours after it was received; some of them may have passed. */
const hiddenMsMax = 11 * 3_600_000;

interface Sending {
  readonly queue: string;
  readonly body: string;
  readonly group: string;
  readonly delayMs: number;
}

interface Hiding {
  readonly delivery: Delivery;
  readonly ms: number;
}

export class AwsQueue implements Queue {
  readonly #options: Required<AwsQueueOptions>;
  readonly #sends: SqsBatches<Sending>;
  readonly #removes: SqsBatches<Delivery>;
  readonly #hides: SqsBatches<Hiding>;
  readonly #receiver: QueueReceiver;

  constructor(options: AwsQueueOptions) {
    this.#options = { delayMsMax: delayMsMaxDefault, ...options };
    this.#sends = new SqsBatches({
      pauses: options,
      operation: "send messages",
      queueOf: ({ queue }) => queue,
      request: (queue, sendings) => this.#requestSend(queue, sendings),
    });
    this.#removes = new SqsBatches({
      pauses: options,
      operation: "remove messages",
      queueOf: ({ queue }) => queue,
      request: (queue, deliveries) => this.#requestRemove(queue, deliveries),
    });
    this.#hides = new SqsBatches({
      pauses: options,
      operation: "change leases",
      queueOf: ({ delivery }) => delivery.queue,
      request: (queue, hidings) => this.#requestHide(queue, hidings),
    });
    this.#receiver = new QueueReceiver(options, (early, delivery) => this.#sendOn(early, delivery));
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
    await this.#hides.ask({ delivery, ms: Math.min(delayMs, hiddenMsMax) });
  }

  /** Makes the leases of deliveries end `ms` from now. For each, false when it has lapsed. */
  async extend(deliveries: readonly Delivery[], ms: number): Promise<readonly boolean[]> {
    return await Promise.all(deliveries.map((delivery) => this.#hides.ask({ delivery, ms })));
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

  async #requestSend(queue: string, sendings: readonly Sending[]) {
    const { client, queueUrl, meter } = this.#options;
    const Entries = sendings.map(({ body, group, delayMs }, place) => ({
      Id: String(place),
      MessageBody: body,
      // One run with very many messages does not hold up the others.
      MessageGroupId: group,
      ...(delayMs > 0 ? { DelaySeconds: inSeconds(delayMs) } : {}),
    }));
    const command = new SendMessageBatchCommand({ QueueUrl: await queueUrl(queue), Entries });
    const output = await client.send(command);
    const characters = sendings.reduce((sum, { body }) => sum + body.length, 0);
    meter.count({ kind: "sqs.SendMessageBatch", unit: "sqsRequests", units: requestsFor(characters) });
    return output;
  }

  async #requestRemove(queue: string, deliveries: readonly Delivery[]) {
    const { client, queueUrl, meter } = this.#options;
    const Entries = deliveries.map(({ receipt }, place) => ({ Id: String(place), ReceiptHandle: receipt }));
    const command = new DeleteMessageBatchCommand({ QueueUrl: await queueUrl(queue), Entries });
    const output = await client.send(command);
    meter.count({ kind: "sqs.DeleteMessageBatch", unit: "sqsRequests", units: 1 });
    return output;
  }

  async #requestHide(queue: string, hidings: readonly Hiding[]) {
    const { client, queueUrl, meter } = this.#options;
    const Entries = hidings.map(({ delivery, ms }, place) => ({
      Id: String(place),
      ReceiptHandle: delivery.receipt,
      VisibilityTimeout: inSeconds(ms),
    }));
    const command = new ChangeMessageVisibilityBatchCommand({ QueueUrl: await queueUrl(queue), Entries });
    const output = await client.send(command);
    meter.count({ kind: "sqs.ChangeMessageVisibilityBatch", unit: "sqsRequests", units: 1 });
    return output;
  }
}
