/** One page of figures about a stack. */
import {
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
} from "aws-cdk-lib/aws-cloudwatch";
import type { Construct } from "constructs";
import type { Alarms } from "./alarms.ts";
import type { CoreFunctions } from "./core-functions.ts";
import type { EnvironmentParts } from "./environment.ts";
import {
  backlog,
  deadLetters,
  functionErrors,
  functionThrottles,
  notifyLag,
  oldestMessage,
  runs,
  tableThrottles,
} from "./metrics.ts";
import type { RunMachine } from "./run-machine.ts";
import type { StackContext } from "./stack-context.ts";

export interface DashboardParts {
  readonly context: StackContext;
  readonly functions: CoreFunctions;
  readonly environments: readonly EnvironmentParts[];
  readonly machine: RunMachine;
  readonly alarms: Alarms;
}

export function addDashboard(scope: Construct, id: string, parts: DashboardParts): Dashboard {
  const { context, functions, environments, machine, alarms } = parts;
  return new Dashboard(scope, id, {
    dashboardName: `drover-${context.name}`,
    widgets: [
      [new AlarmStatusWidget({ title: "Alarms", alarms: [...alarms.all], width: 24 })],
      [
        graph("Runs", runs(machine)),
        graph("Notify lag", [notifyLag(functions)]),
        graph("Errors and throttles", [
          functionErrors(functions),
          functionThrottles(functions),
          tableThrottles(context),
        ]),
      ],
      ...environments.map((environment) => [
        graph(`${environment.definition.name}: waiting and under way`, backlog(environment)),
        graph(`${environment.definition.name}: oldest message`, [oldestMessage(environment)]),
        graph(`${environment.definition.name}: dead letters`, [deadLetters(environment)]),
      ]),
    ],
  });
}

function graph(title: string, left: readonly IMetric[]): IWidget {
  return new GraphWidget({ title, left: [...left], width: 8 });
}
