/** A stack as one process sees it: its config, the clients of the services it is made of, and the engine's world over them. */
import { ECSClient } from "@aws-sdk/client-ecs";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { S3Client } from "@aws-sdk/client-s3";
import { SendTaskSuccessCommand, SFNClient } from "@aws-sdk/client-sfn";
import { SQSClient } from "@aws-sdk/client-sqs";
import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { configParameterName, type StackConfig } from "../backends/aws/names.ts";
import { InputError } from "../core/errors.ts";
import type { AnswerToken } from "./wake-driver.ts";

export interface AwsClients {
  readonly dynamodb: DynamoDBClient;
  readonly s3: S3Client;
  readonly sqs: SQSClient;
  readonly sfn: SFNClient;
  readonly ecs: ECSClient;
  readonly ssm: SSMClient;
  readonly eventbridge: EventBridgeClient;
}

export type AwsService = keyof AwsClients;

export interface ConnectOptions {
  /** Default: the one of the environment or the profile. */
  readonly region?: string | undefined;
  /** Addresses of services that are not AWS's own, for tests. */
  readonly endpoints?: Partial<Readonly<Record<AwsService, string>>> | undefined;
}

/** Makes all clients. They connect when they are first used, so those that are not used cost nothing. */
export function connectClients({ region, endpoints = {} }: ConnectOptions): AwsClients {
  const of = (service: AwsService) => ({
    ...(region === undefined ? {} : { region }),
    ...(endpoints[service] === undefined ? {} : { endpoint: endpoints[service] }),
  });
  return {
    dynamodb: new DynamoDBClient(of("dynamodb")),
    // Emulators know no bucket by its host name.
    s3: new S3Client({ ...of("s3"), forcePathStyle: endpoints.s3 !== undefined }),
    sqs: new SQSClient({ ...of("sqs"), useQueueUrlAsEndpoint: endpoints.sqs === undefined }),
    sfn: new SFNClient(of("sfn")),
    ecs: new ECSClient(of("ecs")),
    ssm: new SSMClient(of("ssm")),
    eventbridge: new EventBridgeClient(of("eventbridge")),
  };
}

/** What the stack of that name consists of. @throws InputError where there is none. */
export async function readStackConfig(ssm: SSMClient, stack: string): Promise<StackConfig> {
  const name = configParameterName(stack);
  let text: string | undefined;
  try {
    text = (await ssm.send(new GetParameterCommand({ Name: name }))).Parameter?.Value;
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "ParameterNotFound") throw error;
    throw noStack(stack, name);
  }
  const config = JSON.parse(text ?? "null") as StackConfig | null;
  if (config?.version !== 1) throw noStack(stack, name);
  return config;
}

/** Answers that do not find anybody waiting. */
const nobodyWaits: ReadonlySet<string> = new Set(["TaskDoesNotExist", "TaskTimedOut", "InvalidToken"]);

/** Answers task tokens of the stack's executions. */
export function answerTokens(sfn: SFNClient): AnswerToken {
  return async (token) => {
    try {
      await sfn.send(new SendTaskSuccessCommand({ taskToken: token, output: "{}" }));
    } catch (error) {
      if (!(error instanceof Error) || !nobodyWaits.has(error.name)) throw error;
    }
  };
}

function noStack(stack: string, parameter: string): InputError {
  return new InputError("UNKNOWN_STACK", {
    what: "The stack",
    value: stack,
    allowed: `the name of a stack whose config is in the SSM parameter "${parameter}" of this account and region`,
    wayOut: "Deploy it with `npx cdk deploy`, or check the name, the region and the profile.",
  });
}
