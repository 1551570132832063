/** Receiving from SQS: long polls, and messages that are not due yet sent on. */
import type { Message as SqsMessage } from "@aws-sdk/client-sqs";
import { CorruptValueError } from "../../core/errors.ts";
import type { Clock, Delivery, Outgoing } from "../../ports.ts";
import { readBody, type Sealed } from "./message-body.ts";
import type { QueueRequests } from "./queue-requests.ts";
import { messagesPerRequestMax } from "./sqs-batches.ts";

interface ReceiverOptions {
  readonly requests: QueueRequests;
  readonly clock: Clock;
  readonly leaseMs: number;
}

/** SQS waits no longer. */
const pollSecondsMax = 20;

/** Between polls that do not wait, for less than the second that is the shortest wait of SQS. */
const betweenPollsMs = 100;

/** Whoever asks for hundreds gets what so many requests bring. */
const requestsAtOnceMax = 10;

export interface ReceiverActions {
  /** Of a message that is not due yet. */
  sendOn(early: Outgoing, delivery: Delivery): Promise<void>;
  /** Of a message that nobody waits for any more. */
  giveBack(queue: string, receipt: string): Promise<unknown>;
}

export class QueueReceiver {
  readonly #options: ReceiverOptions;
  readonly #actions: ReceiverActions;
  /** Polls whose callers were told to stop. */
  readonly #abandoned = new Set<Promise<void>>();

  constructor(options: ReceiverOptions, actions: ReceiverActions) {
    this.#options = options;
    this.#actions = actions;
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

  /** Nothing, at once, when the signal aborts. */
  async #request(
    queue: string,
    count: number,
    pollSeconds: number,
    signal: AbortSignal | undefined,
  ): Promise<readonly SqsMessage[]> {
    const { requests, leaseMs } = this.#options;
    const received = requests.receive(queue, { count, pollSeconds, leaseMs });
    if (signal === undefined) return await received;
    const stopped = Promise.withResolvers<null>();
    const stop = () => stopped.resolve(null);
    signal.addEventListener("abort", stop);
    try {
      const messages = await Promise.race([received, stopped.promise]);
      if (messages === null) this.#abandon(queue, received);
      return messages ?? [];
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  /**
   * A poll that is cut off may have been handed messages, which would stay hidden for a whole lease. So it goes on, and gives
   * back what it gets.
   */
  #abandon(queue: string, received: Promise<readonly SqsMessage[]>): void {
    const over = received
      .then((messages) =>
        Promise.all(messages.map(({ ReceiptHandle = "" }) => this.#actions.giveBack(queue, ReceiptHandle))),
      )
      // What could not be given back comes back when its lease ends.
      .then(ignore, ignore)
      .finally(() => this.#abandoned.delete(over));
    this.#abandoned.add(over);
  }

  /** Resolves when no poll is under way whose caller was told to stop. */
  async settled(): Promise<void> {
    await Promise.all(this.#abandoned);
  }

  async #due(queue: string, messages: readonly SqsMessage[]): Promise<readonly Delivery[]> {
    const nowMs = this.#options.clock.nowMs();
    const due: Delivery[] = [];
    const sentOn: Promise<void>[] = [];
    for (const { MessageId: messageId, ReceiptHandle: receipt, Body: body } of messages) {
      const sealed = sealedIn(body ?? "");
      // Nobody can read it: after some more receives it is in the dead-letter queue, where people find it.
      if (messageId === undefined || receipt === undefined || sealed === null) continue;
      const { message, dueMs } = sealed;
      const delivery = { queue, messageId, receipt, message };
      const delayMs = dueMs === null ? 0 : dueMs - nowMs;
      if (delayMs <= 0) due.push(delivery);
      else sentOn.push(this.#actions.sendOn({ queue, message, delayMs }, delivery));
    }
    // One that could not be sent on comes back when its lease ends.
    await Promise.allSettled(sentOn);
    return due;
  }
}

function ignore(): void {}

function sealedIn(body: string): Sealed | null {
  try {
    return readBody(body);
  } catch (error) {
    if (error instanceof CorruptValueError) return null;
    throw error;
  }
}

function valueOrNothing<T>(settled: PromiseSettledResult<readonly T[]>): readonly T[] {
  return settled.status === "fulfilled" ? settled.value : [];
}
