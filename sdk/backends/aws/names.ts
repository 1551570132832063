/** What the parts of a stack are called: the one place that the backend, the functions and the stack agree on. */
import { hashStrings } from "../../core/codec/canonical.ts";
import { SERVICE_QUEUE } from "../../core/identity.ts";

/** Longest name of a queue that SQS takes. */
const queueNameLengthMax = 80;
const deadLetterSuffix = "--dead";
const hashLength = 8;

/** The table that holds all records of a stack. */
export function tableName(stack: string): string {
  return `drover-${stack}`;
}

/**
 * The queue of an environment, or that of timers and limits. No environment has `--` in its name, so the names of different
 * stacks and environments never meet; what would be too long ends in a hash.
 *
 * @example queueName("prod", "batch-processor") // "drover-prod--batch-processor"
 */
export function queueName(stack: string, environment: string): string {
  const name = `drover-${stack}--${environment}`;
  const lengthMax = queueNameLengthMax - deadLetterSuffix.length;
  if (name.length <= lengthMax) return name;
  const hash = hashStrings([name]).slice(0, hashLength);
  return `${name.slice(0, lengthMax - hashLength - 1).replace(/[-_]+$/, "")}-${hash}`;
}

/** Where messages go that were received too often. */
export function deadLetterQueueName(stack: string, environment: string): string {
  return `${queueName(stack, environment)}${deadLetterSuffix}`;
}

/** The ECS service of a reusable environment, and the family of every environment's task definition. */
export function fleetName(stack: string, environment: string): string {
  return `drover-${stack}--${environment}`;
}

/** The SSM parameter that holds the JSON of a `StackConfig`: how clients and functions find a stack by its name. */
export function configParameterName(stack: string): string {
  return `/drover/${stack}`;
}

/** What the config parameter of a stack says. Names that follow from the stack's name are not in it: a parameter is 4 KB. */
export interface StackConfig {
  readonly version: 1;
  readonly table: string;
  readonly bucket: string;
  /** Beginning of all queue URLs: `https://sqs.<region>.amazonaws.com/<account>/`. */
  readonly queueUrlPrefix: string;
  readonly stateMachineArn: string;
  /** Name or ARN of the ECS cluster. */
  readonly cluster: string;
  /** For tasks that are started one by one. */
  readonly network: {
    readonly subnets: readonly string[];
    readonly securityGroups: readonly string[];
    readonly assignPublicIp: boolean;
  };
  /**
   * By environment: `[replicasMin, replicasMax, concurrency, idleTtlMs, scaledownTtlMs]` of a reusable one, null for one
   * whose actions get a task each.
   */
  readonly environments: Readonly<Record<string, readonly [number, number, number, number, number] | null>>;
}

/** Environment variables that functions and containers are given. */
export const variables = {
  /** Name of the stack: for all of them. They read the rest from its config parameter. */
  stack: "DROVER_STACK",
  /** Containers: which environment they serve. */
  environment: "DROVER_ENVIRONMENT",
  /** Containers of a run's driver: the run, and the task token of its execution. */
  run: "DROVER_RUN",
  taskToken: "DROVER_TASK_TOKEN",
  /** Containers started for one action: its delivery, as JSON. Set by the launch function. */
  delivery: "DROVER_DELIVERY",
} as const;

/** Name of the container in every task definition, whose variables are overridden by name. */
export const CONTAINER = "worker";

/** `source` of the events that a stack sends to the default event bus: `Run Started` and `Run Ended`. */
export const EVENT_SOURCE = "drover";

/** The function that sets the size of fleets: invoked every minute, and by who has sent messages. */
export function scaleFunctionName(stack: string): string {
  return `drover-${stack}--scale`;
}

/** Group of all schedules of a stack in EventBridge Scheduler. */
export function scheduleGroupName(stack: string): string {
  return `drover-${stack}`;
}

/** Role with which EventBridge Scheduler starts runs of a stack. */
export function scheduleRoleName(stack: string): string {
  return `drover-${stack}--schedules`;
}

/** The state machine of a stack's runs. */
export function stateMachineName(stack: string): string {
  return `drover-${stack}`;
}

/** The environment in whose name timers and limits are queued: `queueName(stack, serviceEnvironment)`. */
export const serviceEnvironment = SERVICE_QUEUE;

/** The attributes by which the table is made and its stream filtered. key-layout.ts says what is in them. */
export const tableAttributes = {
  partitionKey: "pk",
  sortKey: "sk",
  /** When the item may be deleted: a number, in seconds since the epoch. */
  expiry: "ttl",
  /** Status of an action: only items that hold a state have it. */
  status: "st",
} as const;

/** Sparse: runs, and nothing else, stand in it by age. Both keys are strings; it projects all attributes. */
export const runsIndex = { name: "runs", partitionKey: "rk", sortKey: "rs" } as const;
