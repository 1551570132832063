/** The state machine of runs, as it is deployed. */
import { ArnFormat, Aws, RemovalPolicy, Stack } from "aws-cdk-lib";
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import { DefinitionBody, LogLevel, StateMachine } from "aws-cdk-lib/aws-stepfunctions";
import { Construct } from "constructs";
import { CONTAINER, fleetName, stateMachineName, variables } from "../sdk/backends/aws/names.ts";
import { allow, arn } from "./access.ts";
import { acknowledge, acknowledgeWildcard } from "./acknowledge.ts";
import type { CoreFunctions } from "./core-functions.ts";
import type { EnvironmentParts } from "./environment.ts";
import { type RunParts, runDefinition } from "./run/definition.ts";
import type { Driver } from "./run/drivers.ts";
import { runTaskIn } from "./run-task.ts";
import type { StackContext } from "./stack-context.ts";

export interface RunMachineProps {
  readonly context: StackContext;
  readonly functions: CoreFunctions;
  readonly environments: readonly EnvironmentParts[];
}

/** Standard executions, each named after its run. Every transition is logged, without the input of users. */
export class RunMachine extends Construct {
  readonly machine: StateMachine;

  constructor(scope: Construct, id: string, props: RunMachineProps) {
    super(scope, id);
    const { context, functions, environments } = props;
    const role = new Role(this, "Role", {
      assumedBy: new ServicePrincipal("states.amazonaws.com"),
      description: "Drover: state machine of runs",
    });
    const parts: RunParts = {
      partition: Aws.PARTITION,
      prepare: functions.prepare.fn.functionArn,
      park: functions.park.fn.functionArn,
      finish: functions.finish.fn.functionArn,
      abort: functions.abort.fn.functionArn,
      drivers: environments.map((environment) => driverOf(context, environment)),
    };
    this.machine = new StateMachine(this, "Machine", {
      stateMachineName: stateMachineName(context.name),
      definitionBody: DefinitionBody.fromString(Stack.of(this).toJsonString(runDefinition(parts))),
      role,
      logs: {
        // Step Functions writes to groups under this prefix without a resource policy of their own, whose size is limited.
        destination: new LogGroup(this, "Log", {
          logGroupName: `/aws/vendedlogs/states/${stateMachineName(context.name)}`,
          retention: context.logRetention,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
        level: LogLevel.ALL,
        includeExecutionData: false,
      },
      removalPolicy: RemovalPolicy.DESTROY,
    });
    acknowledge(this.machine, {
      "AwsSolutions-SF2":
        "X-Ray is paid by trace; the table and the log of transitions tell the same of a run.",
    });
    this.#grant(role, props);
  }

  #grant(role: Role, { context, functions, environments }: RunMachineProps): void {
    const { prepare, park, finish, abort } = functions;
    const drivers = environments.flatMap(({ driver }) => driver ?? []);
    const invoked = [prepare, park, finish, abort, ...drivers].map(({ fn }) => fn.functionArn);
    allow(role, ["lambda:InvokeFunction"], ...invoked);
    const name = stateMachineName(context.name);
    // By name: the machine itself depends on this role.
    const machine = arn(this, "states", "stateMachine", name, ArnFormat.COLON_RESOURCE_NAME);
    allow(role, ["states:StartExecution"], machine);
    const containers = environments.filter(({ driver }) => driver === null);
    runTaskIn(context, role, containers);
    acknowledgeWildcard(role, "*", "CDK asks for the delivery of its log, which knows no resources.");
  }
}

function driverOf(context: StackContext, { definition, driver }: EnvironmentParts): Driver {
  const environment = definition.name;
  if (driver !== null) return { environment, kind: "lambda", functionArn: driver.fn.functionArn };
  const { network, cluster } = context;
  return {
    environment,
    kind: "container",
    task: {
      cluster: cluster.clusterArn,
      // The family stands for its latest revision: a run that outlives a deployment finds the one it began with gone.
      taskDefinition: fleetName(context.name, environment),
      container: CONTAINER,
      subnets: network.subnets.map(({ subnetId }) => subnetId),
      securityGroups: [network.securityGroup.securityGroupId],
      assignPublicIp: network.hasPublicAddresses ? "ENABLED" : "DISABLED",
      runVariable: variables.run,
      tokenVariable: variables.taskToken,
    },
  };
}
