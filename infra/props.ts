/** What a stack can be told, and what it does where it is told nothing. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { Duration, RemovalPolicy, type StackProps } from "aws-cdk-lib";
import type { IVpc } from "aws-cdk-lib/aws-ec2";
import { CpuArchitecture } from "aws-cdk-lib/aws-ecs";
import { RetentionDays } from "aws-cdk-lib/aws-logs";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import { PolicyError } from "drover";
import type { EnvironmentDefinition } from "drover/host";
import { functionNames } from "./function-names.ts";

/** What a DroverStack is built for, and how. Only `environments` has to be given. */
export interface DroverStackProps extends StackProps {
  /** TaskEnvironments whose tasks are to run on this stack. Those that they reach by `dependsOn` come along. */
  readonly environments: readonly EnvironmentDefinition[];
  /**
   * Where containers run. They need a way to AWS: private subnets with a NAT gateway or endpoints are taken where the VPC has
   * some, public subnets else.
   *
   * @default a VPC of two public subnets that lets nothing in, with gateway endpoints for S3 and DynamoDB, without NAT
   */
  readonly vpc?: IVpc;
  /**
   * What becomes of the table and the bucket when the stack is deleted, and of the old ones when they are replaced.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
  /**
   * Refuses to delete the table, whoever asks.
   *
   * @default true, and false with `RemovalPolicy.DESTROY`
   */
  readonly deletionProtection?: boolean;
  /**
   * Keeps the table restorable to each second of the last 35 days. Paid by size.
   *
   * @default true
   */
  readonly pointInTimeRecovery?: boolean;
  /**
   * How long logs are kept.
   *
   * @default RetentionDays.ONE_MONTH
   */
  readonly logRetention?: RetentionDays;
  /**
   * Fleets on Fargate Spot: about a third of the price; a replica may be taken away at two minutes' notice, and what it was doing goes
   * on elsewhere. Drivers stay on demand.
   *
   * @default false
   */
  readonly fargateSpot?: boolean;
  /**
   * Processor of the containers. Images that environments name must be built for it.
   *
   * @default CpuArchitecture.ARM64
   */
  readonly architecture?: CpuArchitecture;
  /**
   * How often a message may be received before its action is given up. A replica that dies, drains or has no slot free
   * counts as a receipt. From 12 (the engine itself gives up after ten losses without progress) to 1,000.
   *
   * @default 100
   */
  readonly receiveCountMax?: number;
  /** Is told when an alarm goes off, and when it is over. @default nobody: alarms are seen in the console */
  readonly alarmTopic?: ITopic;
  /**
   * Age of the oldest message of an environment that sets off its alarm. Messages of actions under way count.
   *
   * @default Duration.hours(1)
   */
  readonly oldestMessageAge?: Duration;
  /** Makes a CloudWatch dashboard. Three in an account are free. @default true */
  readonly dashboard?: boolean;
  /** Folder with the bundle of each function, such as `drive.mjs`. @default the bundles that come with this package */
  readonly functionsPath?: string;
  /** Folder with the Dockerfile of the worker image. @default the one that comes with this package */
  readonly workerImagePath?: string;
}

const buildPath = join(import.meta.dirname, "build");

/** The props with all defaults. @throws PolicyError */
export function withDefaults(props: DroverStackProps) {
  const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;
  return {
    removalPolicy,
    vpc: props.vpc,
    deletionProtection: props.deletionProtection ?? removalPolicy !== RemovalPolicy.DESTROY,
    pointInTimeRecovery: props.pointInTimeRecovery ?? true,
    logRetention: props.logRetention ?? RetentionDays.ONE_MONTH,
    isSpot: props.fargateSpot ?? false,
    architecture: props.architecture ?? CpuArchitecture.ARM64,
    receiveCountMax: receiveCount(props.receiveCountMax ?? 100),
    alarmTopic: props.alarmTopic,
    oldestMessageAge: props.oldestMessageAge ?? Duration.hours(1),
    hasDashboard: props.dashboard ?? true,
    functionsPath: withBundles(props.functionsPath ?? join(buildPath, "functions")),
    workerImagePath: withDockerfile(props.workerImagePath ?? join(buildPath, "worker-image")),
  };
}

const receiveCountMin = 12;
const receiveCountMax = 1_000;

function receiveCount(count: number): number {
  if (Number.isInteger(count) && count >= receiveCountMin && count <= receiveCountMax) return count;
  throw new PolicyError({
    what: "receiveCountMax of the stack",
    value: count,
    allowed: `a whole number from ${receiveCountMin} to ${receiveCountMax}`,
    wayOut: "Leave it out for 100.",
  });
}

function withBundles(path: string): string {
  const missing = functionNames.find((name) => !existsSync(join(path, `${name}.mjs`)));
  if (missing === undefined) return path;
  throw new PolicyError({
    what: "Folder of the functions",
    value: path,
    allowed: `a folder with a bundle of each function, and ${missing}.mjs is missing`,
    wayOut: "In a checkout of Drover run `node infra/build.ts`; else leave functionsPath out.",
  });
}

function withDockerfile(path: string): string {
  if (existsSync(join(path, "Dockerfile"))) return path;
  throw new PolicyError({
    what: "Folder of the worker image",
    value: path,
    allowed: "a folder with a Dockerfile",
    wayOut: "In a checkout of Drover run `node infra/build.ts`; else leave workerImagePath out.",
  });
}
