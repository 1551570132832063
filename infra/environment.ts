/** Everything that one TaskEnvironment gets. */
import { Duration } from "aws-cdk-lib";
import {
  CompositePrincipal,
  type IGrantable,
  type IPrincipal,
  Role,
  ServicePrincipal,
} from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import type { EnvironmentDefinition } from "drover/host";
import { deadLetterQueueName, fleetName, queueName, variables } from "../sdk/backends/aws/names.ts";
import { driverSize } from "./driver-size.ts";
import { fargateSize } from "./fargate-size.ts";
import { Fleet } from "./fleet.ts";
import { WorkQueue } from "./queues.ts";
import { ServiceFunction } from "./service-function.ts";
import type { StackContext } from "./stack-context.ts";
import { WorkerTask } from "./worker-task.ts";

/** Leases are extended while an action is executed, so this is how long it takes to notice that its replica is gone. */
const leaseTime = Duration.minutes(1);
/** Lambda asks for six times the minute that the launch function has. */
const launchVisibility = Duration.minutes(6);

/**
 * A queue with its dead letters, a task definition, a function or a container for root actions, and a fleet where the
 * environment is reusable. Its code has one role wherever it runs.
 */
export class EnvironmentParts extends Construct implements IGrantable {
  /** The environment, as the user's module has it. */
  readonly definition: EnvironmentDefinition;
  /** Messages of its actions, and those that were given up. */
  readonly queues: WorkQueue;
  /** What the code of the environment's tasks may do. */
  readonly role: Role;
  /** Task definition, container and log group. */
  readonly worker: WorkerTask;
  /** The service of warm replicas; null where each action has a container of its own. */
  readonly fleet: Fleet | null;
  /** Executes root actions; null where a container does. */
  readonly driver: ServiceFunction | null;

  constructor(scope: Construct, id: string, context: StackContext, definition: EnvironmentDefinition) {
    super(scope, id);
    this.definition = definition;
    const { name, reusable } = definition;
    this.queues = new WorkQueue(this, "Work", {
      queueName: queueName(context.name, name),
      deadLettersName: deadLetterQueueName(context.name, name),
      visibilityTimeout: reusable === null ? launchVisibility : leaseTime,
      receiveCountMax: context.receiveCountMax,
    });
    this.role = new Role(this, "Role", {
      assumedBy: new CompositePrincipal(
        new ServicePrincipal("ecs-tasks.amazonaws.com"),
        new ServicePrincipal("lambda.amazonaws.com"),
      ),
      description: `Drover: code of environment ${name}`,
    });
    this.worker = new WorkerTask(this, "Worker", {
      family: fleetName(context.name, name),
      image: context.images.of(definition.image),
      isOwnImage: definition.image === null,
      size: fargateSize(definition.resources, `environment "${name}"`),
      architecture: context.architecture,
      role: this.role,
      logRetention: context.logRetention,
      environment: { [variables.stack]: context.name, [variables.environment]: name },
    });
    this.fleet =
      reusable === null
        ? null
        : new Fleet(this, "Fleet", {
            serviceName: fleetName(context.name, name),
            cluster: context.cluster,
            network: context.network,
            definition: this.worker.definition,
            isSpot: context.isSpot,
          });
    this.driver = this.#driver(context);
  }

  /** Makes it a grantee: what it is granted, its code may do. */
  get grantPrincipal(): IPrincipal {
    return this.role;
  }

  /** Where its code logs: containers first, then its function. */
  get logGroupNames(): readonly string[] {
    const driver = this.driver === null ? [] : [this.driver.logGroup.logGroupName];
    return [this.worker.logGroup.logGroupName, ...driver];
  }

  /** Gives the code of the environment a variable, wherever it runs. */
  addEnvironment(name: string, value: string): void {
    this.worker.container.addEnvironment(name, value);
    this.driver?.fn.addEnvironment(name, value);
  }

  #driver(context: StackContext): ServiceFunction | null {
    const size = driverSize(this.definition);
    if (size === null) return null;
    return new ServiceFunction(this, "Driver", {
      name: "drive",
      description: `executes runs that begin in ${this.definition.name}`,
      functionsPath: context.functionsPath,
      timeout: Duration.minutes(15),
      memoryMiB: size.memoryMiB,
      diskMiB: size.diskMiB,
      logRetention: context.logRetention,
      environment: { [variables.stack]: context.name, [variables.environment]: this.definition.name },
      role: this.role,
    });
  }
}
