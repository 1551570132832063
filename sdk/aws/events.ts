/** The events that Lambda hands to functions, as far as they are read here. */
import type { StreamRecord } from "../backends/aws/ended-states.ts";

/** One message of an SQS event. */
export interface SqsRecord {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  /** `arn:aws:sqs:<region>:<account>:<queue>` */
  readonly eventSourceARN: string;
}

export interface SqsEvent {
  readonly Records: readonly SqsRecord[];
}

/** A change of an item, as the stream of the table tells it. */
export interface ChangeRecord extends StreamRecord {
  readonly dynamodb?: NonNullable<StreamRecord["dynamodb"]> & { readonly SequenceNumber?: string };
}

export interface StreamEvent {
  readonly Records: readonly ChangeRecord[];
}

/** What tells Lambda which records of a batch to bring again. */
export interface BatchAnswer {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}
