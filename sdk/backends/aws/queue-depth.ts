/** How many messages a queue holds, as far as SQS knows. */
import { GetQueueAttributesCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { carriedOut } from "./failures.ts";

/** About right within a minute. Delayed messages are not counted: nobody could take them yet. */
export interface QueueDepth {
  /** Messages that nobody has taken. */
  readonly ready: number;
  /** Messages that somebody holds. */
  readonly held: number;
}

export async function queueDepth(sqs: SQSClient, queueUrl: string): Promise<QueueDepth> {
  const command = new GetQueueAttributesCommand({
    QueueUrl: queueUrl,
    AttributeNames: ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
  });
  const { Attributes = {} } = await carriedOut(`read the depth of ${queueUrl}`, sqs.send(command));
  return {
    ready: Number(Attributes.ApproximateNumberOfMessages ?? 0),
    held: Number(Attributes.ApproximateNumberOfMessagesNotVisible ?? 0),
  };
}
