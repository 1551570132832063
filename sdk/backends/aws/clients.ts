/** The clients of AWS, set up for many small requests at once. */
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { S3Client } from "@aws-sdk/client-s3";
import { SQSClient } from "@aws-sdk/client-sqs";
import type { AwsClients } from "./backend.ts";

export interface ClientOptions {
  /** @default what the environment of the process says */
  readonly region?: string;
  /** Where to reach the services instead of AWS, for stand-ins. */
  readonly endpoints?: { readonly dynamodb: string; readonly sqs: string; readonly s3: string };
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** Longer than the longest poll of SQS. */
const requestTimeoutMs = 30_000;
/** Counts the wait for a free connection, and the time in which user code keeps the process from looking. */
const connectionTimeoutMs = 10_000;

/** A replica holds some hundred actions, and a long poll holds its connection. */
const connectionsMax = 250;

/** One client of each service. Close them with `destroyClients`. */
export function createClients(options: ClientOptions = {}): AwsClients {
  const { region, credentials, endpoints } = options;
  const agent = { keepAlive: true, maxSockets: connectionsMax };
  const common = {
    // Slows down before the service has to throttle, which other clients would feel.
    retryMode: "adaptive",
    maxAttempts: 5,
    requestHandler: {
      connectionTimeout: connectionTimeoutMs,
      requestTimeout: requestTimeoutMs,
      httpAgent: agent,
      httpsAgent: agent,
    },
    ...(region === undefined ? {} : { region }),
    ...(credentials === undefined ? {} : { credentials }),
  };
  return {
    dynamodb: new DynamoDBClient({ ...common, ...at(endpoints?.dynamodb) }),
    // A stand-in's queue URLs name a host of their own, which need not be where it is reached.
    sqs: new SQSClient({ ...common, ...at(endpoints?.sqs), useQueueUrlAsEndpoint: endpoints === undefined }),
    s3: new S3Client({ ...common, ...at(endpoints?.s3), forcePathStyle: endpoints !== undefined }),
  };
}

export function destroyClients(clients: AwsClients): void {
  for (const client of [clients.dynamodb, clients.sqs, clients.s3]) client.destroy();
}

function at(endpoint: string | undefined) {
  return endpoint === undefined ? {} : { endpoint };
}
