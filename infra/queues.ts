/** A queue with the queue for what it has given up on. */
import { Duration } from "aws-cdk-lib";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";

export interface WorkQueueProps {
  readonly queueName: string;
  readonly deadLettersName: string;
  /** How long a message stays hidden from others when its receiver is silent. */
  readonly visibilityTimeout: Duration;
  /** How often a message may be received before it becomes a dead letter. */
  readonly receiveCountMax: number;
}

/**
 * Standard queues (order is nobody's promise), encrypted, over TLS only. Messages are kept for the longest time that SQS has,
 * 14 days: long enough for a fleet that could not start over a holiday.
 */
export class WorkQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, props: WorkQueueProps) {
    super(scope, id);
    const common = {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    };
    const deadLetters = new Queue(this, "DeadLetters", {
      ...common,
      queueName: props.deadLettersName,
      // The function that reads it runs for a minute; Lambda asks for six times that.
      visibilityTimeout: Duration.minutes(6),
    });
    this.deadLetters = deadLetters;
    this.queue = new Queue(this, "Queue", {
      ...common,
      queueName: props.queueName,
      visibilityTimeout: props.visibilityTimeout,
      deadLetterQueue: { queue: deadLetters, maxReceiveCount: props.receiveCountMax },
    });
  }
}
