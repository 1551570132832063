/** Receiving from SQS: long polls, and messages that are not due yet sent on. */
import { type Message as SqsMessage, ReceiveMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { Delivery, Outgoing } from "../../ports.ts";
import { carriedOut } from "./failures.ts";
import { readBody } from "./message-body.ts";
import type { Meter } from "./meter.ts";
import type { Pauses } from "./pauses.ts";
import { inSeconds, requestsFor } from "./sqs-units.ts";
import { messagesPerRequestMax } from "./sqs-batches.ts";

interface ReceiverOptions extends Pauses {
  readonly client: SQSClient;
  readonly meter: Meter;
  readonly queueUrl: (queue: string) => Promise<string>;
  readonly leaseMs: number;
}

/** SQS waits no longer. */
const pollSecondsMax = 20;

/** Between polls that do not wait, for less than the second that is the shortest wait of SQS. */
const betweenPollsMs = 100;

/** Whoever asks for hundreds gets what so many requests bring. */
const requestsAtOnceMax = 10;

type SendOn = (early: Outgoing, delivery: Delivery) => Promise<void>;

export class QueueReceiver {
  readonly #options: ReceiverOptions;
  readonly #sendOn: SendOn;

  constructor(options: ReceiverOptions, sendOn: SendOn) {
    this.#options = options;
    this.#sendOn = sendOn;
  }

  async receive(
    queue: string,
    max: number,
    waitMs: number,
    signal?: AbortSignal,
  ): Promise<readonly Delivery[]> {
    const { clock } = this.#options;
    const deadlineMs = clock.nowMs() + waitMs;
    while (!signal?.aborted) {
      const pollSeconds = Math.floor(Math.min(pollSecondsMax, (deadlineMs - clock.nowMs()) / 1_000));
      const deliveries = await this.#receiveUpTo(queue, max, Math.max(0, pollSeconds), signal);
      const leftMs = deadlineMs - clock.nowMs();
      if (deliveries.length > 0 || leftMs <= 0) return deliveries;
      if (pollSeconds <= 0) await clock.wait(Math.min(betweenPollsMs, leftMs), signal);
    }
    return [];
  }

  /** A first request that comes back full is followed by as many as are needed, side by side. */
  async #receiveUpTo(
    queue: string,
    max: number,
    pollSeconds: number,
    signal: AbortSignal | undefined,
  ): Promise<readonly Delivery[]> {
    const first = await this.#request(queue, Math.min(max, messagesPerRequestMax), pollSeconds, signal);
    const left = Math.min(max, requestsAtOnceMax * messagesPerRequestMax) - first.length;
    if (first.length < messagesPerRequestMax || left <= 0) return await this.#due(queue, first);
    const counts = Array.from({ length: Math.ceil(left / messagesPerRequestMax) }, (_, n) =>
      Math.min(messagesPerRequestMax, left - n * messagesPerRequestMax),
    );
    const others = await Promise.allSettled(counts.map((count) => this.#request(queue, count, 0, signal)));
    // What was received is handed out, whatever became of the other requests.
    return await this.#due(queue, [first, ...others.map(valueOrNothing)].flat());
  }

  async #request(
    queue: string,
    count: number,
    pollSeconds: number,
    signal: AbortSignal | undefined,
  ): Promise<readonly SqsMessage[]> {
    const { client, queueUrl, leaseMs, meter } = this.#options;
    const command = new ReceiveMessageCommand({
      QueueUrl: await queueUrl(queue),
      MaxNumberOfMessages: count,
      WaitTimeSeconds: pollSeconds,
      VisibilityTimeout: inSeconds(leaseMs),
    });
    try {
      const sent = client.send(command, signal === undefined ? {} : { abortSignal: signal });
      const { Messages = [] } = await carriedOut(`receive from queue ${queue}`, sent);
      const characters = Messages.reduce((sum, { Body = "" }) => sum + Body.length, 0);
      meter.count({ kind: "sqs.ReceiveMessage", unit: "sqsRequests", units: requestsFor(characters) });
      return Messages;
    } catch (error) {
      // What SQS may have handed out to a request that was given up comes back when its lease ends.
      if (signal?.aborted) return [];
      throw error;
    }
  }

  async #due(queue: string, messages: readonly SqsMessage[]): Promise<readonly Delivery[]> {
    const nowMs = this.#options.clock.nowMs();
    const due: Delivery[] = [];
    const sentOn: Promise<void>[] = [];
    for (const { MessageId: messageId, ReceiptHandle: receipt, Body: body } of messages) {
      const sealed = readBody(body ?? "");
      // Nobody can read it: after some more receives it is in the dead-letter queue, where people find it.
      if (messageId === undefined || receipt === undefined || sealed === null) continue;
      const { message, dueMs } = sealed;
      const delivery = { queue, messageId, receipt, message };
      const delayMs = dueMs === null ? 0 : dueMs - nowMs;
      if (delayMs <= 0) due.push(delivery);
      else sentOn.push(this.#sendOn({ queue, message, delayMs }, delivery));
    }
    // One that could not be sent on comes back when its lease ends.
    await Promise.allSettled(sentOn);
    return due;
  }
}

function valueOrNothing<T>(settled: PromiseSettledResult<readonly T[]>): readonly T[] {
  return settled.status === "fulfilled" ? settled.value : [];
}
