/** A stack as one process sees it: its config, the clients of the services it is made of, and the engine's world over them. */
import { ECSClient } from "@aws-sdk/client-ecs";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { SendTaskSuccessCommand, SFNClient } from "@aws-sdk/client-sfn";
import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import type { AwsClients } from "../backends/aws/backend.ts";
import { createClients } from "../backends/aws/clients.ts";
import { configParameterName, type StackConfig } from "../backends/aws/names.ts";
import { InputError } from "../core/errors.ts";
import type { AnswerToken } from "./wake-driver.ts";

export interface StackClients extends AwsClients {
  readonly sfn: SFNClient;
  readonly ecs: ECSClient;
  readonly ssm: SSMClient;
  readonly eventbridge: EventBridgeClient;
  readonly lambda: LambdaClient;
}

export interface ConnectOptions {
  /** Default: the one of the environment or the profile. */
  readonly region?: string | undefined;
  /** Addresses of stand-ins for the services, for tests. */
  readonly endpoints?: Endpoints | undefined;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined;
}

/** URLs of stand-ins for the services of AWS. */
export interface Endpoints {
  /** Of DynamoDB. */
  readonly dynamodb: string;
  /** Of SQS. */
  readonly sqs: string;
  /** Of S3. */
  readonly s3: string;
  /** Of all other services. */
  readonly others: string;
}

/** Makes all clients. They connect when they are first used, so those that are not used cost nothing. */
export function connectClients({ region, endpoints, credentials }: ConnectOptions): StackClients {
  const given = {
    ...(region === undefined ? {} : { region }),
    ...(credentials === undefined ? {} : { credentials }),
  };
  const other = { ...given, ...(endpoints === undefined ? {} : { endpoint: endpoints.others }) };
  return {
    ...createClients({ ...given, ...(endpoints === undefined ? {} : { endpoints }) }),
    sfn: new SFNClient(other),
    ecs: new ECSClient(other),
    ssm: new SSMClient(other),
    eventbridge: new EventBridgeClient(other),
    lambda: new LambdaClient(other),
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
