/** Messages that an event brings, as a worker would have received them. */
import { readBody } from "../backends/aws/message-body.ts";
import { deadLetterQueueName, queueName, type StackConfig } from "../backends/aws/names.ts";
import { SERVICE_QUEUE } from "../core/identity.ts";
import { persist } from "../engine/persist.ts";
import type { Delivery, World } from "../ports.ts";
import type { SqsRecord } from "./events.ts";

/** Tells which queue of a stack an SQS queue is; dead letters belong to the queue that gave them up. */
export type QueueOfArn = (arn: string) => string;

export function queuesOf(stack: string, { environments }: Pick<StackConfig, "environments">): QueueOfArn {
  const names = new Map<string, string>();
  for (const queue of [...Object.keys(environments), SERVICE_QUEUE]) {
    names.set(queueName(stack, queue), queue);
    names.set(deadLetterQueueName(stack, queue), queue);
  }
  return (arn) => {
    const queue = names.get(arn.slice(arn.lastIndexOf(":") + 1));
    if (queue === undefined) throw new Error(`${arn} is no queue of stack "${stack}".`);
    return queue;
  };
}

/** The delivery, or null for a message that is not due yet and has been sent on. */
export async function received(
  world: World,
  queueOf: QueueOfArn,
  record: SqsRecord,
): Promise<Delivery | null> {
  const { messageId, receiptHandle: receipt, body, eventSourceARN } = record;
  const sealed = readBody(body);
  if (sealed === null) throw new Error(`Message ${messageId} is none of this version of Drover.`);
  const { message, dueMs } = sealed;
  const queue = queueOf(eventSourceARN);
  const delayMs = dueMs === null ? 0 : dueMs - world.clock.nowMs();
  if (delayMs <= 0) return { queue, messageId, receipt, message };
  await persist(world, () => world.queue.send([{ queue, message, delayMs }]));
  return null;
}
