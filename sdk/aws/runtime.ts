/** What a function or a container of a stack works with. It is put together once in a process, and passed on. */

import { tmpdir } from "node:os";
import { join } from "node:path";
import { InvokeCommand } from "@aws-sdk/client-lambda";
import { createAwsBackend } from "../backends/aws/backend.ts";
import { Tally } from "../backends/aws/meter.ts";
import { queueName, type StackConfig, scaleFunctionName, variables } from "../backends/aws/names.ts";
import { notesIn } from "../backends/aws/notes.ts";
import { publishedInS3 } from "../backends/aws/published-code.ts";
import { realEntropy } from "../backends/local/entropy.ts";
import type { ActionState } from "../core/records.ts";
import type { FleetPolicy } from "../core/reuse-policy.ts";
import type { Catalog, Delivery, World } from "../ports.ts";
import { BundleCache } from "./bundle-cache.ts";
import { ecsFleets } from "./ecs-fleets.ts";
import type { ChangeRecord, SqsRecord } from "./events.ts";
import { type FleetControl, fleetsOf } from "./fleet-control.ts";
import { type LaunchTask, launchOnFargate } from "./launch-task.ts";
import type { CodeSources } from "./prepare-run.ts";
import { queuesOf, received } from "./received.ts";
import { type PublishEvents, publishTo } from "./run-events.ts";
import { type AskForScaling, scalingQueue } from "./scale-on-send.ts";
import { answerTokens, connectClients, readStackConfig, type StackClients } from "./stack.ts";
import { steadyClock } from "./steady-clock.ts";
import { tokensIn } from "./tokens.ts";
import { driverWakingQueue, type Waking } from "./wake-driver.ts";

export interface StackRuntime {
  /** Name of the stack. */
  readonly stack: string;
  /** The engine's world; messages for root actions wake their runs, others have their fleets looked at. */
  readonly world: World;
  readonly waking: Waking;
  readonly code: CodeSources;
  readonly publish: PublishEvents;
  readonly fleets: FleetControl;
  /** Reusable environments by name. */
  readonly policies: ReadonlyMap<string, FleetPolicy>;
  readonly launch: LaunchTask;
  /** A message as an event brings it; null for one that is not due yet and has been sent on. */
  received(record: SqsRecord): Promise<Delivery | null>;
  /** The states that have ended by these changes. */
  endedIn(records: readonly ChangeRecord[]): Promise<readonly ActionState[]>;
}

/** The parts of it that only containers and clients need. */
export interface ConnectedRuntime extends StackRuntime {
  readonly clients: StackClients;
  readonly config: StackConfig;
  readonly catalog: Catalog;
  /** Of everything that this process asked of DynamoDB, SQS and S3. */
  readonly cost: Tally;
  readonly queueUrlOf: (queue: string) => string;
}

/** Opens the stack that `DROVER_STACK` names. @throws Error where that is not set. */
export async function openRuntime(
  env: Readonly<Record<string, string | undefined>>,
): Promise<ConnectedRuntime> {
  const stack = env[variables.stack];
  if (stack === undefined) throw new Error(`The variable ${variables.stack} is not set: it names the stack.`);
  const clients = connectClients({});
  return connectRuntime(stack, await readStackConfig(clients.ssm, stack), clients);
}

/** How long a received message stays hidden; the lease thread extends it long before. */
const leaseMs = 60_000;

export function connectRuntime(stack: string, config: StackConfig, clients: StackClients): ConnectedRuntime {
  const { ecs, sfn, sqs, s3, eventbridge, dynamodb } = clients;
  const clock = steadyClock;
  const cost = new Tally();
  const queueUrlOf = (queue: string) => config.queueUrlPrefix + queueName(stack, queue);
  const backend = createAwsBackend({
    clients,
    tableName: config.table,
    bucket: config.bucket,
    queueUrl: async (queue) => queueUrlOf(queue),
    clock,
    entropy: realEntropy,
    meter: cost,
    leaseMs,
  });
  const notes = notesIn({ dynamodb, table: config.table, clock });
  const waking: Waking = { tokens: tokensIn(notes), answer: answerTokens(sfn) };
  const policies = fleetsOf(config);
  const ask = askForScaling(clients, stack);
  const scaling = scalingQueue(backend.queue, { clock, fleets: new Set(policies.keys()), ask });
  const queue = driverWakingQueue({ ...backend, queue: scaling }, waking);
  const { store, blobs, entropy } = backend;
  const world: World = { store, blobs, clock, entropy, queue };
  const queueOf = queuesOf(stack, config);
  return {
    ...{ stack, config, clients, cost, world, waking, policies, queueUrlOf },
    catalog: backend.catalog,
    code: {
      bundles: new BundleCache({ world, dir: join(tmpdir(), "drover-bundles") }),
      published: publishedInS3(s3, config.bucket),
    },
    publish: publishTo(eventbridge),
    fleets: ecsFleets({ ecs, sqs, clock, notes, stack, cluster: config.cluster, queueUrlOf }),
    launch: launchOnFargate({ ecs, stack, config }),
    received: (record) => received(world, queueOf, record),
    endedIn: (records) => backend.endedStates(records),
  };
}

function askForScaling({ lambda }: StackClients, stack: string): AskForScaling {
  const FunctionName = scaleFunctionName(stack);
  return async (environments) => {
    const Payload = JSON.stringify({ environments });
    await lambda.send(new InvokeCommand({ FunctionName, InvocationType: "Event", Payload }));
  };
}
