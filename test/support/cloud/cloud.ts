/** Stand-ins for DynamoDB, SQS and S3 with one table and one bucket, and the clients that reach them over sockets. */
import { randomBytes, randomUUID } from "node:crypto";
import { DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams";
import { startFauxqs } from "fauxqs";
import { type AwsBackend, type AwsClients, createAwsBackend } from "../../../sdk/backends/aws/backend.ts";
import { createClients, destroyClients } from "../../../sdk/backends/aws/clients.ts";
import { type Meter, Tally } from "../../../sdk/backends/aws/meter.ts";
import { queueName, tableName } from "../../../sdk/backends/aws/names.ts";
import type { Entropy } from "../../../sdk/ports.ts";
import { realClock } from "../real-clock.ts";
import { startDynamoDbLocal } from "./dynamodb-local.ts";
import { createTable } from "./table.ts";

export interface Cloud {
  readonly clients: AwsClients;
  /** Clients of their own for a test that disturbs them. They are closed with the cloud. */
  freshClients(): AwsClients;
  readonly streams: DynamoDBStreamsClient;
  readonly tableName: string;
  readonly bucket: string;
  readonly queueUrl: (queue: string) => Promise<string>;
  /** A backend over the records of the cloud, which knows nothing of what others did. */
  backend(options?: CloudBackendOptions): AwsBackend;
  stop(): Promise<void>;
}

interface CloudBackendOptions {
  readonly leaseMs?: number;
  readonly delayMsMax?: number;
  readonly meter?: Meter;
  readonly clients?: AwsClients;
}

const stack = "test";
const region = "eu-west-1";
const credentials = { accessKeyId: "test", secretAccessKey: "test" };

const entropy: Entropy = {
  uuid: () => randomUUID(),
  random: () => randomBytes(4).readUInt32LE() / 2 ** 32,
};

/**
 * Starts them. DynamoDB Local gets slow with a second streamed table, so a process of it has one, and tests keep to keys of
 * their own.
 */
export async function startCloud(): Promise<Cloud> {
  const [dynamodb, fauxqs] = await Promise.all([
    startDynamoDbLocal(),
    startFauxqs({ port: 0, logger: false, defaultRegion: region }),
  ]);
  const fauxqsEndpoint = `http://127.0.0.1:${fauxqs.port}`;
  const endpoints = { dynamodb: dynamodb.endpoint, sqs: fauxqsEndpoint, s3: fauxqsEndpoint };
  const made: AwsClients[] = [];
  const freshClients = (): AwsClients => {
    const fresh = createClients({ region, credentials, endpoints });
    made.push(fresh);
    return fresh;
  };
  const clients = freshClients();
  const streams = new DynamoDBStreamsClient({ region, credentials, endpoint: dynamodb.endpoint });
  const bucket = "drover-test";
  fauxqs.createBucket(bucket);
  await createTable(clients.dynamodb, tableName(stack));

  // On AWS the stack makes a queue for each environment; here it is made when it is first named.
  const urls = new Map<string, string>();
  const queueUrl = async (queue: string): Promise<string> => {
    const url = urls.get(queue) ?? fauxqs.createQueue(queueName(stack, queue), { region }).queueUrl;
    urls.set(queue, url);
    return url;
  };
  return {
    ...{ clients, freshClients, streams, tableName: tableName(stack), bucket, queueUrl },
    backend: ({ meter = new Tally(), clients: own = clients, ...options } = {}) =>
      createAwsBackend({
        ...{ clients: own, tableName: tableName(stack), bucket, queueUrl, clock: realClock, entropy, meter },
        ...options,
      }),
    stop: async () => {
      for (const some of made) destroyClients(some);
      streams.destroy();
      await Promise.all([dynamodb.stop(), fauxqs.stop()]);
    },
  };
}
