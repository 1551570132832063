/** What each function may do. */
import { ArnFormat } from "aws-cdk-lib";
import { PolicyStatement, type Role } from "aws-cdk-lib/aws-iam";
import {
  configParameterName,
  EVENT_SOURCE,
  fleetName,
  scaleFunctionName,
  stateMachineName,
} from "../sdk/backends/aws/names.ts";
import {
  allow,
  arn,
  changeBlobs,
  changeRecords,
  keepNotes,
  readBlobs,
  readRecords,
  receive,
  send,
} from "./access.ts";
import { acknowledgeWildcard } from "./acknowledge.ts";
import type { CoreFunctions } from "./core-functions.ts";
import type { EnvironmentParts } from "./environment.ts";
import { runTaskIn } from "./run-task.ts";
import type { StackContext } from "./stack-context.ts";

export function grantFunctions(
  context: StackContext,
  functions: CoreFunctions,
  environments: readonly EnvironmentParts[],
): void {
  const { state, service } = context;
  const work = environments.map(({ queues }) => queues.queue);
  const { prepare, park, finish, abort, notify, timers, deadLetter, scale, launch } = functions;
  for (const each of functions.all) readConfig(context, each.role);
  // Large records are in the bucket, so who changes records writes there, too.
  for (const each of [prepare, park, abort, notify, timers, deadLetter]) {
    changeRecords(state, each.role);
    changeBlobs(state, each.role);
  }
  readRecords(state, finish.role);
  readBlobs(state, finish.role);
  send([service.queue], prepare.role);
  for (const each of [notify, timers, deadLetter]) {
    send([...work, service.queue], each.role);
    invokeScale(context, each.role);
  }
  // A message for a root action is an answer to the token of its run.
  for (const each of [prepare, park, notify, timers, deadLetter]) answerTokens(context, each.role);
  for (const each of [prepare, notify]) putEvents(each.role);
  scaleFleets(context, scale.role, environments);
  const single = environments.filter(({ fleet }) => fleet === null);
  if (single.length === 0) return;
  runTaskIn(context, launch.role, single);
  // A message that is not due yet is sent on.
  send(
    single.map(({ queues }) => queues.queue),
    launch.role,
  );
}

/** What the code of an environment needs to be executed: it may call the environments it depends on, and itself. */
export function grantEnvironment(
  context: StackContext,
  { definition, role, queues, fleet }: EnvironmentParts,
  environments: readonly EnvironmentParts[],
): void {
  const called = new Set([definition.name, ...definition.dependsOn.map(({ name }) => name)]);
  const targets = environments
    .filter((each) => called.has(each.definition.name))
    .map((each) => each.queues.queue);
  readConfig(context, role);
  changeRecords(context.state, role);
  changeBlobs(context.state, role);
  receive(queues.queue, role);
  send([...targets, context.service.queue], role);
  invokeScale(context, role);
  answerTokens(context, role);
  if (fleet !== null) protectTasks(context, role);
}

function readConfig(context: StackContext, role: Role): void {
  const name = configParameterName(context.name).slice(1);
  allow(role, ["ssm:GetParameter"], arn(role, "ssm", "parameter", name));
}

function invokeScale(context: StackContext, role: Role): void {
  const name = scaleFunctionName(context.name);
  allow(
    role,
    ["lambda:InvokeFunction"],
    arn(role, "lambda", "function", name, ArnFormat.COLON_RESOURCE_NAME),
  );
}

function answerTokens(context: StackContext, role: Role): void {
  const name = stateMachineName(context.name);
  const actions = ["states:SendTaskSuccess", "states:SendTaskFailure", "states:SendTaskHeartbeat"];
  allow(role, actions, arn(role, "states", "stateMachine", name, ArnFormat.COLON_RESOURCE_NAME));
}

/** Only in the name of Drover: nobody takes such events for those of another source. */
function putEvents(role: Role): void {
  role.addToPrincipalPolicy(
    new PolicyStatement({
      actions: ["events:PutEvents"],
      resources: [arn(role, "events", "event-bus", "default")],
      conditions: { StringEquals: { "events:source": EVENT_SOURCE } },
    }),
  );
}

function scaleFleets(context: StackContext, role: Role, environments: readonly EnvironmentParts[]): void {
  const reusable = environments.filter(({ fleet }) => fleet !== null);
  if (reusable.length === 0) return;
  const { clusterName } = context.cluster;
  const services = reusable.map(({ definition }) =>
    arn(role, "ecs", "service", `${clusterName}/${fleetName(context.name, definition.name)}`),
  );
  allow(role, ["ecs:DescribeServices", "ecs:UpdateService"], ...services);
  allow(role, ["sqs:GetQueueAttributes"], ...reusable.map(({ queues }) => queues.queue.queueArn));
  keepNotes(context.state, role);
}

/** A replica that holds actions keeps ECS from choosing it when the fleet shrinks. */
function protectTasks(context: StackContext, role: Role): void {
  const tasks = arn(role, "ecs", "task", `${context.cluster.clusterName}/*`);
  allow(role, ["ecs:GetTaskProtection", "ecs:UpdateTaskProtection"], tasks);
  acknowledgeWildcard(role, tasks, "A task has its id from its start; all of this cluster are Drover's.");
}
