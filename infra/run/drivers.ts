/** The states that execute root actions: one for each environment, in a function or in a container. */
import { abortOnError, again, invoke, type State } from "./states.ts";

/** Which function or container executes root actions of an environment. */
export type Driver = { readonly environment: string } & (
  | { readonly kind: "lambda"; readonly functionArn: string }
  | { readonly kind: "container"; readonly task: ContainerTask }
);

/** What `ecs:runTask` needs. */
interface ContainerTask {
  readonly cluster: string;
  readonly taskDefinition: string;
  readonly container: string;
  readonly subnets: readonly string[];
  readonly securityGroups: readonly string[];
  readonly assignPublicIp: "ENABLED" | "DISABLED";
  /** Names of the environment variables that the container reads its run and its task token from. */
  readonly runVariable: string;
  readonly tokenVariable: string;
}

/** A driver in Lambda stops itself before Lambda does, at 15 minutes. */
const driveSecondsMax = 960;
const containerSecondsMax = 7 * 24 * 3_600;
/** A driver in a container says several times in this time that it lives. */
const heartbeatSecondsMax = 180;

/** Every drive may be repeated: epochs decide whose counts. The engine itself gives up on an action that kills its drivers. */
const attemptsMax = 12;

export function stateOf({ environment }: Driver): string {
  return `Drive ${environment}`;
}

export function chooseDriver(drivers: readonly Driver[]): State {
  return {
    Type: "Choice",
    Choices: drivers.map((driver) => ({
      // A task is named `<environment>.<function>`, and the name of an environment has neither dots nor wildcards.
      Variable: "$.task",
      StringMatches: `${driver.environment}.*`,
      Next: stateOf(driver),
    })),
    Default: "No driver",
  };
}

/** Taken by a run whose environment the stack was not deployed with. */
export const noDriver: State = {
  Type: "Pass",
  Result: {
    Error: "UnknownTaskError",
    Cause: "The stack has no environment of that name. Deploy it with the module that defines the task.",
  },
  ResultPath: "$.caught",
  Next: "Note the reason",
};

export function drive(driver: Driver, partition: string): State {
  const work =
    driver.kind === "lambda"
      ? driveInLambda(driver.functionArn, partition)
      : driveInContainer(driver.task, partition);
  return {
    ...work,
    ResultPath: "$.drive",
    Retry: [again(attemptsMax, "States.ALL")],
    Catch: [abortOnError],
    Next: "How far",
  };
}

function driveInLambda(functionArn: string, partition: string): State {
  const payload = { "run.$": "$.prepared.run", "root.$": "$.prepared.root" };
  return {
    ...invoke({ partition, functionArn, payload, timeoutSeconds: driveSecondsMax }),
    ResultSelector: { "status.$": "$.Payload.status" },
  };
}

function driveInContainer(task: ContainerTask, partition: string): State {
  const variables = [
    { Name: task.runVariable, "Value.$": "$.prepared.run" },
    { Name: task.tokenVariable, "Value.$": "$$.Task.Token" },
  ];
  return {
    Type: "Task",
    Resource: `arn:${partition}:states:::ecs:runTask.waitForTaskToken`,
    Parameters: {
      LaunchType: "FARGATE",
      Cluster: task.cluster,
      TaskDefinition: task.taskDefinition,
      NetworkConfiguration: {
        AwsvpcConfiguration: {
          Subnets: task.subnets,
          SecurityGroups: task.securityGroups,
          AssignPublicIp: task.assignPublicIp,
        },
      },
      Overrides: { ContainerOverrides: [{ Name: task.container, Environment: variables }] },
    },
    ResultSelector: { "status.$": "$.status" },
    TimeoutSeconds: containerSecondsMax,
    HeartbeatSeconds: heartbeatSecondsMax,
  };
}
