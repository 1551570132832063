/** The functions that serve all environments of a stack. */
import { Duration } from "aws-cdk-lib";
import type { ITable } from "aws-cdk-lib/aws-dynamodb";
import { Rule, Schedule } from "aws-cdk-lib/aws-events";
import { LambdaFunction } from "aws-cdk-lib/aws-events-targets";
import { FilterCriteria, FilterRule, StartingPosition } from "aws-cdk-lib/aws-lambda";
import { DynamoEventSource, SqsDlq, SqsEventSource } from "aws-cdk-lib/aws-lambda-event-sources";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { scaleFunctionName, tableAttributes, variables } from "../sdk/backends/aws/names.ts";
import { acknowledge, acknowledgeWildcard } from "./acknowledge.ts";
import type { EnvironmentParts } from "./environment.ts";
import type { FunctionName } from "./function-names.ts";
import { ServiceFunction } from "./service-function.ts";
import type { StackContext } from "./stack-context.ts";

const purposes = {
  prepare: "creates the record of a run, or finds it",
  park: "keeps the task token of a run that waits",
  finish: "tells how a run has ended",
  abort: "ends a run and all that is under way in it",
  notify: "tells parents of actions that have ended",
  timers: "fires timers and enforces limits",
  scale: "sets the size of fleets",
  "dead-letter": "ends actions whose messages no worker survived",
  launch: "starts a container for each action of environments without a fleet",
} as const satisfies Partial<Record<FunctionName, string>>;

type CoreFunctionName = keyof typeof purposes;

/** How often a batch of the stream is tried, cut in halves in between, before it is given up for the dead letters. */
const notifyAttemptsMax = 100;

export class CoreFunctions extends Construct {
  readonly prepare: ServiceFunction;
  readonly park: ServiceFunction;
  readonly finish: ServiceFunction;
  readonly abort: ServiceFunction;
  readonly notify: ServiceFunction;
  readonly timers: ServiceFunction;
  readonly scale: ServiceFunction;
  readonly deadLetter: ServiceFunction;
  readonly launch: ServiceFunction;
  /** Where parts of the stream go that notify could not handle. */
  readonly missedChanges: Queue;

  constructor(scope: Construct, id: string, context: StackContext) {
    super(scope, id);
    const make = (
      name: CoreFunctionName,
      more: { readonly functionName?: string; readonly memoryMiB?: number } = {},
    ) =>
      new ServiceFunction(this, name, {
        name,
        description: purposes[name],
        functionsPath: context.functionsPath,
        timeout: Duration.minutes(1),
        memoryMiB: 512,
        logRetention: context.logRetention,
        environment: { [variables.stack]: context.name },
        ...more,
      });
    // It loads the module of a run that is started by the name of its task.
    this.prepare = make("prepare", { memoryMiB: 1_024 });
    this.park = make("park");
    this.finish = make("finish");
    this.abort = make("abort");
    // Every outcome waits for it, and more memory is a larger share of a core.
    this.notify = make("notify", { memoryMiB: 1_024 });
    this.timers = make("timers");
    this.scale = make("scale", { functionName: scaleFunctionName(context.name) });
    this.deadLetter = make("dead-letter");
    this.launch = make("launch");
    this.missedChanges = new Queue(this, "MissedChanges", {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    acknowledge(this.missedChanges, {
      "AwsSolutions-SQS3": "It is where others send what they have given up, and is read by people.",
    });
  }

  get all(): readonly ServiceFunction[] {
    const { prepare, park, finish, abort, notify, timers, scale, deadLetter, launch } = this;
    return [prepare, park, finish, abort, notify, timers, scale, deadLetter, launch];
  }

  /** Connects the functions with what they react to. */
  listen(context: StackContext, environments: readonly EnvironmentParts[]): void {
    this.notify.fn.addEventSource(this.#endedStates(context));
    this.timers.fn.addEventSource(new SqsEventSource(context.service.queue, messages));
    for (const { definition, queues } of environments) {
      this.deadLetter.fn.addEventSource(new SqsEventSource(queues.deadLetters, messages));
      if (definition.reusable === null)
        this.launch.fn.addEventSource(new SqsEventSource(queues.queue, messages));
    }
    this.deadLetter.fn.addEventSource(new SqsEventSource(context.service.deadLetters, messages));
    new Rule(this, "EveryMinute", {
      description: "Drover: sets the size of fleets",
      schedule: Schedule.rate(Duration.minutes(1)),
      targets: [new LambdaFunction(this.scale.fn, { retryAttempts: 0 })],
    });
    const reason = "CDK asks for dynamodb:ListStreams with each stream, and that knows no resources.";
    acknowledgeWildcard(this.notify.role, "*", reason);
  }

  #endedStates({ state }: StackContext): DynamoEventSource {
    return new DynamoEventSource(state.table as ITable, {
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: 100,
      parallelizationFactor: 10,
      retryAttempts: notifyAttemptsMax,
      bisectBatchOnError: true,
      reportBatchItemFailures: true,
      onFailure: new SqsDlq(this.missedChanges),
      // Without it everything that is written would wake the function, which then finds nothing to do.
      filters: [
        FilterCriteria.filter({
          eventName: FilterRule.or("INSERT", "MODIFY"),
          dynamodb: { NewImage: { [tableAttributes.status]: { S: endedStatus } } },
        }),
      ],
    });
  }
}

const endedStatus = FilterRule.or("succeeded", "failed", "aborted");

/** One message that fails does not bring back the others of its batch. */
const messages = { batchSize: 10, reportBatchItemFailures: true };
