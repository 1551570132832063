import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { S3Client } from "@aws-sdk/client-s3";
import type { SQSClient } from "@aws-sdk/client-sqs";
import type { ActionState } from "../../core/records.ts";
import type { Clock, Entropy, World } from "../../ports.ts";
import { AwsBlobs } from "./blobs.ts";
import { Bodies } from "./bodies.ts";
import { AwsCatalog } from "./catalog.ts";
import { endedStatesIn, type StreamRecord } from "./ended-states.ts";
import type { Meter } from "./meter.ts";
import { AwsQueue } from "./queue.ts";
import { AwsStore } from "./store.ts";
import { Table } from "./table.ts";

export interface AwsClients {
  readonly dynamodb: DynamoDBClient;
  readonly sqs: SQSClient;
  readonly s3: S3Client;
}

export interface AwsBackendOptions {
  readonly clients: AwsClients;
  readonly tableName: string;
  readonly bucket: string;
  /** The URL of an environment's queue. Called for every request, so it remembers what it had to look up. */
  readonly queueUrl: (queue: string) => Promise<string>;
  readonly clock: Clock;
  readonly entropy: Entropy;
  /** Told of every request and what it costs. */
  readonly meter: Meter;
  /**
   * How long a received message stays hidden unless its lease is extended, in whole seconds.
   *
   * @default 30_000
   */
  readonly leaseMs?: number;
  /**
   * How long after it was written a record may be deleted. A run that takes longer loses its first ones.
   *
   * @default 90 days
   */
  readonly retentionMs?: number;
  /** Longest delay of one message in SQS. @default 900_000 */
  readonly delayMsMax?: number;
}

/** Everything of the engine's world that is a request to AWS. */
export interface AwsBackend extends World {
  readonly store: AwsStore;
  readonly blobs: AwsBlobs;
  readonly queue: AwsQueue;
  readonly catalog: AwsCatalog;
  /** The states that have ended among records of the table's stream: what a function that follows it hands to the engine. */
  endedStates(records: readonly StreamRecord[]): Promise<readonly ActionState[]>;
}

const leaseMsDefault = 30_000;
const retentionMsDefault = 90 * 24 * 3_600_000;

/**
 * A backend on DynamoDB, SQS and S3. It holds nothing but connections: whatever it says is durable is so in AWS.
 *
 * @example
 * const { store, queue } = createAwsBackend({ clients: createClients(), tableName, bucket, queueUrl, clock, entropy, meter });
 */
export function createAwsBackend(options: AwsBackendOptions): AwsBackend {
  const { clients, clock, entropy, meter, tableName, bucket, queueUrl } = options;
  const { leaseMs = leaseMsDefault, retentionMs = retentionMsDefault, delayMsMax } = options;
  const blobs = new AwsBlobs({ client: clients.s3, bucket, meter });
  const bodies = new Bodies(blobs);
  const table = new Table({ client: clients.dynamodb, tableName, meter, clock, entropy, retentionMs });
  const queue = new AwsQueue({
    ...{ client: clients.sqs, queueUrl, meter, clock, entropy, leaseMs },
    ...(delayMsMax === undefined ? {} : { delayMsMax }),
  });
  return {
    clock,
    entropy,
    store: new AwsStore(table, bodies, clock),
    blobs,
    queue,
    catalog: new AwsCatalog(table, bodies, clock),
    endedStates: (records) => endedStatesIn(records, bodies),
  };
}
