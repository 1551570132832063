/** The requests to SQS, each counted as it is billed. */
import {
  type BatchResultErrorEntry,
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SQSClient,
  type Message as SqsMessage,
} from "@aws-sdk/client-sqs";
import type { Delivery } from "../../ports.ts";
import { carriedOut } from "./failures.ts";
import type { Meter } from "./meter.ts";

export interface QueueRequestsOptions {
  readonly client: SQSClient;
  readonly meter: Meter;
  /** Where the queue of an environment is. */
  readonly queueUrl: (queue: string) => Promise<string>;
}

export interface Sending {
  readonly queue: string;
  readonly body: string;
  /** Messages of one group do not hold up those of another, however many they are. */
  readonly group: string;
  readonly delayMs: number;
}

export interface Hiding {
  readonly queue: string;
  readonly receipt: string;
  /** From now on; 0 shows the message again. */
  readonly ms: number;
}

/** What SQS refused of a batch. The id of an entry is its place in the list that was given. */
export interface BatchAnswer {
  readonly Failed?: readonly BatchResultErrorEntry[] | undefined;
}

export class QueueRequests {
  readonly #options: QueueRequestsOptions;

  constructor(options: QueueRequestsOptions) {
    this.#options = options;
  }

  async send(queue: string, sendings: readonly Sending[]): Promise<BatchAnswer> {
    const { client, queueUrl } = this.#options;
    const Entries = sendings.map(({ body, group, delayMs }, place) => ({
      Id: String(place),
      MessageBody: body,
      MessageGroupId: group,
      ...(delayMs > 0 ? { DelaySeconds: inSeconds(delayMs) } : {}),
    }));
    const command = new SendMessageBatchCommand({ QueueUrl: await queueUrl(queue), Entries });
    const answer = await client.send(command);
    this.#count(
      "SendMessageBatch",
      sendings.map(({ body }) => body),
    );
    return answer;
  }

  async remove(queue: string, deliveries: readonly Delivery[]): Promise<BatchAnswer> {
    const { client, queueUrl } = this.#options;
    const Entries = deliveries.map(({ receipt }, place) => ({ Id: String(place), ReceiptHandle: receipt }));
    const command = new DeleteMessageBatchCommand({ QueueUrl: await queueUrl(queue), Entries });
    const answer = await client.send(command);
    this.#count("DeleteMessageBatch", []);
    return answer;
  }

  async hide(queue: string, hidings: readonly Hiding[]): Promise<BatchAnswer> {
    const { client, queueUrl } = this.#options;
    const Entries = hidings.map(({ receipt, ms }, place) => ({
      Id: String(place),
      ReceiptHandle: receipt,
      VisibilityTimeout: inSeconds(ms),
    }));
    const command = new ChangeMessageVisibilityBatchCommand({ QueueUrl: await queueUrl(queue), Entries });
    const answer = await client.send(command);
    this.#count("ChangeMessageVisibilityBatch", []);
    return answer;
  }

  async receive(
    queue: string,
    poll: { readonly count: number; readonly pollSeconds: number; readonly leaseMs: number },
  ): Promise<readonly SqsMessage[]> {
    const { client, queueUrl } = this.#options;
    const command = new ReceiveMessageCommand({
      QueueUrl: await queueUrl(queue),
      MaxNumberOfMessages: poll.count,
      WaitTimeSeconds: poll.pollSeconds,
      VisibilityTimeout: inSeconds(poll.leaseMs),
    });
    const { Messages = [] } = await carriedOut(`receive from queue ${queue}`, client.send(command));
    this.#count(
      "ReceiveMessage",
      Messages.map(({ Body = "" }) => Body),
    );
    return Messages;
  }

  /** A request is billed for each 64 KB that it carries, and once if it carries nothing. */
  #count(operation: string, bodies: readonly string[]): void {
    const bytes = bodies.reduce((sum, body) => sum + body.length, 0);
    const units = Math.max(1, Math.ceil(bytes / billedBytes));
    this.#options.meter.count({ kind: `sqs.${operation}`, unit: "sqsRequests", units });
  }
}

const billedBytes = 64 * 1_024;

/** Whole seconds, and at least as long: SQS counts in nothing smaller. */
function inSeconds(ms: number): number {
  return Math.ceil(ms / 1_000);
}
