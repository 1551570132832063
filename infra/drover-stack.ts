/** The stack: everything that the tasks of a user's module need on AWS. */
import { Duration, Stack } from "aws-cdk-lib";
import { Cluster, ContainerInsights, type ICluster } from "aws-cdk-lib/aws-ecs";
import type { Construct } from "constructs";
import { PolicyError } from "drover";
import type { EnvironmentDefinition } from "drover/host";
import { deadLetterQueueName, queueName, serviceEnvironment } from "../sdk/backends/aws/names.ts";
import { acknowledge } from "./acknowledge.ts";
import { Alarms } from "./alarms.ts";
import { ConfigParameter } from "./config-parameter.ts";
import { CoreFunctions } from "./core-functions.ts";
import { addDashboard } from "./dashboard.ts";
import { EnvironmentParts } from "./environment.ts";
import { reachable } from "./environments.ts";
import { grantEnvironment, grantFunctions } from "./function-access.ts";
import { Network } from "./network.ts";
import { type DroverStackProps, withDefaults } from "./props.ts";
import { WorkQueue } from "./queues.ts";
import { RunMachine } from "./run-machine.ts";
import { Schedules } from "./schedules.ts";
import type { StackContext } from "./stack-context.ts";
import { State } from "./state.ts";
import { abortWithExecutions } from "./stopped-executions.ts";
import { WorkerImages } from "./worker-image.ts";

/**
 * A stack for the given TaskEnvironments and all that they reach by `dependsOn`. Its name is the one that `--stack` and
 * the SDK take. Nothing in it is paid by the hour while no run is under way, except its alarms.
 *
 * @throws PolicyError for what AWS cannot give an environment, an unsuitable name of the stack, or any invalid setting.
 *
 * @example
 * import { App } from "aws-cdk-lib";
 * import { Bucket } from "aws-cdk-lib/aws-s3";
 *
 * const environments = await environmentsIn("src/jobs.ts");
 * const stack = new DroverStack(new App(), "prod", { environments });
 * new Bucket(stack, "Reports").grantRead(stack.partsOf("orchestrator"));
 */
export class DroverStack extends Stack {
  /** The table and the bucket. */
  readonly state: State;
  /** Where containers run, and their security group. */
  readonly network: Network;
  /** The state machine: one execution for each run. */
  readonly machine: RunMachine;
  /** The functions that serve all environments. */
  readonly functions: CoreFunctions;
  /** To add actions of your own to. */
  readonly alarms: Alarms;
  readonly #environments: ReadonlyMap<string, EnvironmentParts>;

  constructor(scope: Construct, id: string, props: DroverStackProps) {
    super(scope, id, { description: "Durable batch processing with Drover", ...props });
    const settings = withDefaults(props);
    const name = checkName(this.stackName);
    const definitions = checkEnvironments(reachable(props.environments));
    this.state = new State(this, "State", { stack: name, ...settings });
    this.network = new Network(this, "Network", { vpc: settings.vpc });
    const context: StackContext = {
      ...settings,
      name,
      state: this.state,
      network: this.network,
      cluster: this.#cluster(settings.isSpot),
      images: new WorkerImages(this, "Images", {
        directory: settings.workerImagePath,
        architecture: settings.architecture,
      }),
      service: new WorkQueue(this, "Service", {
        queueName: queueName(name, serviceEnvironment),
        deadLettersName: deadLetterQueueName(name, serviceEnvironment),
        visibilityTimeout: Duration.minutes(6),
        receiveCountMax: settings.receiveCountMax,
      }),
    };
    const environments = definitions.map(
      (definition) => new EnvironmentParts(this, `Environment-${definition.name}`, context, definition),
    );
    this.#environments = new Map(environments.map((each) => [each.definition.name, each]));
    this.functions = new CoreFunctions(this, "Functions", context);
    this.functions.listen(context, environments);
    const { functions } = this;
    this.machine = new RunMachine(this, "Runs", { context, functions, environments });
    grantFunctions(context, functions, environments);
    for (const each of environments) grantEnvironment(context, each, environments);
    abortWithExecutions(this, functions, this.machine);
    new Schedules(this, "Schedules", name, this.machine.machine);
    new ConfigParameter(this, "Config", { context, machine: this.machine, environments });
    const { machine } = this;
    const { oldestMessageAge, alarmTopic: topic } = settings;
    this.alarms = new Alarms(this, "Alarms", {
      context,
      functions,
      environments,
      machine,
      topic,
      oldestMessageAge,
    });
    if (settings.hasDashboard) {
      addDashboard(this, "Dashboard", { context, functions, environments, machine, alarms: this.alarms });
    }
  }

  /**
   * What was made for an environment, to grant its code access to resources of yours.
   *
   * @throws PolicyError for a name that no environment of the stack has.
   */
  partsOf(name: string): EnvironmentParts {
    const parts = this.#environments.get(name);
    if (parts !== undefined) return parts;
    throw new PolicyError({
      what: "Name of an environment of the stack",
      value: name,
      allowed: [...this.#environments.keys()].join(", "),
      wayOut: "Add it to the stack's environments, or to dependsOn of one of them.",
    });
  }

  #cluster(isSpot: boolean): ICluster {
    const cluster = new Cluster(this, "Cluster", {
      vpc: this.network.vpc,
      enableFargateCapacityProviders: isSpot,
      containerInsightsV2: ContainerInsights.DISABLED,
    });
    acknowledge(cluster, {
      "AwsSolutions-ECS4": "Container Insights is paid by metric; queues and logs tell what a fleet does.",
    });
    // CDK's classes do not know exactOptionalPropertyTypes, so they are not seen to be what they implement.
    return cluster as ICluster;
  }
}

const nameLengthMax = 40;

/** Names of roles and functions begin with it, and have 64 characters. */
function checkName(name: string): string {
  if (name.length <= nameLengthMax) return name;
  throw new PolicyError({
    what: "Name of the stack",
    value: name,
    allowed: `at most ${nameLengthMax} characters`,
    wayOut: "Pass a shorter stackName.",
  });
}

const environmentsMax = 25;

function checkEnvironments(all: readonly EnvironmentDefinition[]): readonly EnvironmentDefinition[] {
  if (all.length < 1 || all.length > environmentsMax) {
    throw new PolicyError({
      what: "Environments of the stack",
      value: all.length,
      allowed: `from 1 to ${environmentsMax}, dependsOn included`,
      wayOut: "Pass those whose tasks are called from outside; split very large systems into several stacks.",
    });
  }
  const perRun = all.find(({ reusable }) => reusable?.scope === "run");
  if (perRun === undefined) return all;
  throw new PolicyError({
    what: `scope of environment "${perRun.name}"`,
    value: "run",
    allowed: '"global" on AWS, where a fleet is an ECS service of the stack',
    wayOut: "Leave it out, or leave reusable out: then each action has a container of its own.",
  });
}
