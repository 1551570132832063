/**
 * A whole stack on stand-ins: the functions in this process, replicas as processes of their own that run the program of the
 * worker image, and between them DynamoDB, SQS, S3 and the other services over sockets.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { DeleteMessageCommand, ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { abort } from "../../functions/abort.ts";
import { drive } from "../../functions/drive.ts";
import { finish } from "../../functions/finish.ts";
import { launch } from "../../functions/launch.ts";
import type { Work } from "../../functions/middleware.ts";
import { notify } from "../../functions/notify.ts";
import { park } from "../../functions/park.ts";
import { prepare } from "../../functions/prepare.ts";
import { scale } from "../../functions/scale.ts";
import { timers } from "../../functions/timers.ts";
import { type ConnectedRuntime, connectRuntime } from "../../sdk/aws/runtime.ts";
import { connectClients } from "../../sdk/aws/stack.ts";
import { fleetName, queueName, type StackConfig, variables } from "../../sdk/backends/aws/names.ts";
import { SERVICE_QUEUE } from "../../sdk/core/identity.ts";
import { type Cloud, startCloud } from "../support/cloud/cloud.ts";
import { StreamReader } from "../support/cloud/stream-reader.ts";
import { realClock } from "../support/real-clock.ts";
import { type OtherServices, ServiceError, startOtherServices } from "./other-services.ts";

const stack = "test";
const region = "eu-west-1";
const credentials = { accessKeyId: "test", secretAccessKey: "test" };
const accountArn = `${region}:123456789012`;
const environments = {
  batches: [1, 2, 4, 2_000, 2_000],
  blockers: [0, 1, 1, 2_000, 2_000],
  orders: null,
  lone: null,
} as const;
const program = new URL("../../worker-image/main.ts", import.meta.url).pathname;

export interface Execution {
  status: "RUNNING" | "SUCCEEDED" | "FAILED" | "ABORTED";
  error: Error | null;
  drives: number;
  parks: number;
}

export class CloudStack {
  readonly executions = new Map<string, Execution>();
  /** Names of events and details, in order. */
  readonly events: { readonly type: string; readonly detail: unknown }[] = [];
  /** Answers that executions got for their tokens. */
  readonly answers: { readonly token: string; readonly output: unknown }[] = [];
  readonly heartbeats: string[] = [];
  /** Last lines of what replicas wrote. */
  readonly output: string[] = [];
  readonly replicas = new Map<string, Set<ChildProcess>>();
  /** Every replica that was ever started, with how it ended. */
  readonly exits: { readonly work: string; readonly code: number | null; readonly signal: string | null }[] =
    [];
  readonly #stop = new AbortController();
  readonly #tokens = new Map<string, () => void>();
  readonly #desired = new Map<string, number>();
  #cloud!: Cloud;
  #others!: OtherServices;
  #runtime!: ConnectedRuntime;

  static async open(): Promise<CloudStack> {
    const opened = new CloudStack();
    await opened.#open();
    return opened;
  }

  get runtime(): ConnectedRuntime {
    return this.#runtime;
  }

  /** How a client reaches it. */
  get connection() {
    const { fauxqs, dynamodb } = this.#cloudEndpoints;
    return {
      stack,
      region,
      credentials,
      endpoints: { dynamodb, sqs: fauxqs, s3: fauxqs, others: this.#others.endpoint },
    };
  }

  async close(): Promise<void> {
    this.#stop.abort();
    for (const replicas of this.replicas.values()) for (const replica of replicas) replica.kill("SIGKILL");
    await realClock.wait(100);
    for (const client of Object.values(this.#runtime.clients)) client.destroy();
    await this.#others.stop();
    await this.#cloud.stop();
  }

  /** Starts a replica by hand, as ECS does with these variables. */
  start(work: string, more: Readonly<Record<string, string>>): ChildProcess {
    const { fauxqs, dynamodb } = this.#cloudEndpoints;
    const others = this.#others.endpoint;
    const child = spawn(process.execPath, [program], {
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        PATH: process.env.PATH,
        AWS_REGION: region,
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        AWS_ENDPOINT_URL: others,
        AWS_ENDPOINT_URL_DYNAMODB: dynamodb,
        AWS_ENDPOINT_URL_S3: fauxqs,
        AWS_ENDPOINT_URL_SQS: fauxqs,
        [variables.stack]: stack,
        ...more,
      },
    });
    const note = (chunk: Buffer) => this.output.push(...String(chunk).split("\n").filter(Boolean));
    child.stdout?.on("data", note);
    child.stderr?.on("data", note);
    child.once("exit", (code, signal) => this.exits.push({ work, code, signal }));
    return child;
  }

  get #cloudEndpoints() {
    return { fauxqs: this.#fauxqs, dynamodb: this.#dynamodb };
  }
  #fauxqs = "";
  #dynamodb = "";

  async #open(): Promise<void> {
    this.#cloud = await startCloud();
    const url = await this.#cloud.queueUrl(SERVICE_QUEUE);
    for (const name of Object.keys(environments)) await this.#cloud.queueUrl(name);
    this.#fauxqs = await endpointOf(this.#cloud.clients.sqs);
    this.#dynamodb = await endpointOf(this.#cloud.clients.dynamodb);
    const config: StackConfig = {
      version: 1,
      table: this.#cloud.tableName,
      bucket: this.#cloud.bucket,
      queueUrlPrefix: `${this.#fauxqs}${new URL(url).pathname.replace(/[^/]+$/, "")}`,
      stateMachineArn: `arn:aws:states:${accountArn}:stateMachine:drover-test`,
      cluster: "drover-test",
      network: { subnets: ["subnet-1"], securityGroups: ["sg-1"], assignPublicIp: true },
      environments,
    };
    this.#others = await startOtherServices(this.#operations(config));
    this.#runtime = connectRuntime(stack, config, connectClients(this.connection));
    await this.#listen();
  }

  #operations(config: StackConfig) {
    return {
      GetParameter: ({ Name }: { Name?: unknown }) => {
        if (Name !== "/drover/test") throw new ServiceError("ParameterNotFound");
        return { Parameter: { Value: JSON.stringify(config) } };
      },
      StartExecution: (input: Readonly<Record<string, unknown>>) => this.#startExecution(input),
      StopExecution: ({ executionArn }: { executionArn?: unknown }) => {
        const name = String(executionArn).replace(/^.*:/, "");
        const execution = this.executions.get(name);
        if (execution === undefined) throw new ServiceError("ExecutionDoesNotExist");
        execution.status = "ABORTED";
        return { stopDate: 0 };
      },
      SendTaskSuccess: ({ taskToken, output }: { taskToken?: unknown; output?: unknown }) => {
        const token = String(taskToken);
        this.answers.push({ token, output: JSON.parse(String(output)) });
        const wake = this.#tokens.get(token);
        if (wake === undefined) throw new ServiceError("TaskTimedOut");
        wake();
        return {};
      },
      SendTaskHeartbeat: ({ taskToken }: { taskToken?: unknown }) => {
        this.heartbeats.push(String(taskToken));
        return {};
      },
      PutEvents: ({ Entries }: { Entries?: unknown }) => {
        const entries = Entries as readonly { readonly DetailType: string; readonly Detail: string }[];
        this.events.push(
          ...entries.map(({ DetailType, Detail }) => ({ type: DetailType, detail: JSON.parse(Detail) })),
        );
        return { FailedEntryCount: 0, Entries: [] };
      },
      Invoke: ({ payload }: { payload?: unknown }) => {
        void this.#invoke(scale, payload as { environments: string[] });
        return {};
      },
      DescribeServices: ({ services }: { services?: unknown }) => {
        const [serviceName = ""] = services as readonly string[];
        const runningCount = this.replicas.get(serviceName)?.size ?? 0;
        const desiredCount = this.#desired.get(serviceName) ?? 0;
        return { services: [{ serviceName, status: "ACTIVE", desiredCount, runningCount }] };
      },
      UpdateService: ({ service, desiredCount }: { service?: unknown; desiredCount?: unknown }) => {
        this.#setDesired(String(service), Number(desiredCount));
        return {};
      },
      RunTask: (input: Readonly<Record<string, unknown>>) => {
        const { containerOverrides } = input.overrides as {
          containerOverrides: { environment: { name: string; value: string }[] }[];
        };
        const variablesOf = containerOverrides.flatMap(({ environment }) => environment);
        this.start("action", Object.fromEntries(variablesOf.map(({ name, value }) => [name, value])));
        return { tasks: [{}], failures: [] };
      },
    };
  }

  #startExecution(given: Readonly<Record<string, unknown>>) {
    const name = String(given.name);
    if (this.executions.has(name)) throw new ServiceError("ExecutionAlreadyExists");
    const execution: Execution = { status: "RUNNING", error: null, drives: 0, parks: 0 };
    this.executions.set(name, execution);
    void this.#execute(execution, JSON.parse(String(given.input)));
    return { executionArn: `arn:aws:states:${accountArn}:execution:drover-test:${name}`, startDate: 0 };
  }

  async #execute(execution: Execution, input: { readonly run: string }): Promise<void> {
    try {
      const { run } = await this.#invoke(prepare, input);
      while (execution.status === "RUNNING") {
        execution.drives += 1;
        const { status } = await this.#invoke(drive, { run });
        if (status === "done") break;
        if (status === "suspended") {
          execution.parks += 1;
          await this.#parked(run);
        }
      }
      await this.#invoke(finish, { run });
      if (execution.status === "RUNNING") execution.status = "SUCCEEDED";
    } catch (error) {
      execution.error = error as Error;
      if (execution.status === "RUNNING") execution.status = "FAILED";
      await this.#invoke(abort, { run: input.run, reason: String(error) });
    }
  }

  async #parked(run: string): Promise<void> {
    const token = randomUUID();
    const woken = new Promise<void>((resolve) => this.#tokens.set(token, resolve));
    await this.#invoke(park, { run, token });
    await Promise.race([woken, realClock.wait(60_000, this.#stop.signal)]);
    this.#tokens.delete(token);
  }

  async #invoke<In, Out>(work: Work<In, Out>, event: In): Promise<Out> {
    const untilMs = Date.now() + 900_000;
    return await work(this.#runtime, event, {
      functionName: "test",
      awsRequestId: randomUUID(),
      getRemainingTimeInMillis: () => untilMs - Date.now(),
    });
  }

  #setDesired(service: string, count: number): void {
    this.#desired.set(service, count);
    const replicas = this.replicas.get(service) ?? new Set();
    this.replicas.set(service, replicas);
    const environment = Object.keys(environments).find((name) => fleetName(stack, name) === service) ?? "";
    for (let missing = count - replicas.size; missing > 0; missing -= 1) {
      const replica = this.start("fleet", { [variables.environment]: environment });
      replicas.add(replica);
      replica.once("exit", () => {
        replicas.delete(replica);
        // As ECS does, as long as the service wants so many.
        if (!this.#stop.signal.aborted && replicas.size < (this.#desired.get(service) ?? 0)) {
          this.#setDesired(service, this.#desired.get(service) ?? 0);
        }
      });
    }
    for (const replica of [...replicas].slice(count)) replica.kill("SIGTERM");
  }

  async #listen(): Promise<void> {
    const { signal } = this.#stop;
    const reader = await StreamReader.open(this.#cloud);
    const changes = reader.changes(async (Records) => {
      const { batchItemFailures } = await this.#invoke(notify, { Records });
      if (batchItemFailures.length > 0) throw new Error("The batch is to be brought again.");
      return [];
    });
    changes.follow(async () => undefined, signal);
    void this.#source(SERVICE_QUEUE, timers, signal);
    void this.#source("lone", launch, signal);
    void this.#everySecond(signal);
  }

  /** Every minute would be long for a test. */
  async #everySecond(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await realClock.wait(1_000, signal);
      await this.#invoke(scale, {}).catch(() => undefined);
    }
  }

  /** What an event source mapping does with a queue. */
  async #source(queue: string, work: typeof timers, signal: AbortSignal): Promise<void> {
    const { sqs } = this.#cloud.clients;
    const QueueUrl = this.#runtime.queueUrlOf(queue);
    while (!signal.aborted) {
      const receive = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 });
      const { Messages = [] } = await sqs
        .send(receive, { abortSignal: signal })
        .catch(() => ({ Messages: [] }));
      if (Messages.length === 0) continue;
      const Records = Messages.map(({ MessageId = "", ReceiptHandle = "", Body = "" }) => ({
        messageId: MessageId,
        receiptHandle: ReceiptHandle,
        body: Body,
        eventSource: "aws:sqs",
        eventSourceARN: `arn:aws:sqs:${accountArn}:${queueName(stack, queue)}`,
      }));
      const { batchItemFailures } = await this.#invoke(work, { Records });
      const kept = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
      for (const { messageId, receiptHandle } of Records) {
        if (!kept.has(messageId))
          await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: receiptHandle }));
      }
    }
  }
}

async function endpointOf(client: { readonly config: object }): Promise<string> {
  const { endpoint } = client.config as {
    endpoint?: () => Promise<{ protocol: string; hostname: string; port?: number }>;
  };
  if (endpoint === undefined) throw new Error("A client without an endpoint.");
  const { protocol, hostname, port } = await endpoint();
  return `${protocol}//${hostname}:${port}`;
}
