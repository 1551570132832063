/** What somebody has to look at. */
import type { Duration } from "aws-cdk-lib";
import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import { Construct } from "constructs";
import type { CoreFunctions } from "./core-functions.ts";
import type { EnvironmentParts } from "./environment.ts";
import {
  deadLetters,
  failedRuns,
  functionErrors,
  functionThrottles,
  notifyLag,
  oldestMessage,
  tableThrottles,
} from "./metrics.ts";
import type { RunMachine } from "./run-machine.ts";
import type { StackContext } from "./stack-context.ts";

export interface AlarmsProps {
  readonly context: StackContext;
  readonly functions: CoreFunctions;
  readonly environments: readonly EnvironmentParts[];
  readonly machine: RunMachine;
  /** Is told when an alarm goes off, and when it is over. */
  readonly topic: ITopic | undefined;
  readonly oldestMessageAge: Duration;
}

/** One minute: longer than notify needs for anything. */
const lagMsMax = 60_000;

/** None of them goes off while nothing happens. */
export class Alarms extends Construct {
  readonly all: readonly Alarm[];
  readonly #topic: ITopic | undefined;

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    const { context, functions, environments, machine } = props;
    this.#topic = props.topic;
    const serviceLetters = deadLetters({ queues: context.service });
    const missed = functions.missedChanges.metricApproximateNumberOfMessagesVisible();
    this.all = [
      ...environments.flatMap((each) => this.#ofEnvironment(each, props.oldestMessageAge)),
      this.#above("TimerDeadLetters", serviceLetters, 0, "Timers or limits that could not be handled."),
      this.#above("MissedChanges", missed, 0, "Ends of actions that notify could not tell their parents."),
      this.#above("NotifyLag", notifyLag(functions), lagMsMax, "Parents are told late of ends."),
      this.#above("FailedRuns", failedRuns(machine), 0, "Runs that failed, ran out of time or were stopped."),
      this.#above(
        "FunctionErrors",
        functionErrors(functions),
        0,
        "Functions of Drover that failed; they are tried again.",
      ),
      this.#above(
        "FunctionThrottles",
        functionThrottles(functions),
        0,
        "More functions at once than Lambda allows.",
      ),
      this.#above(
        "TableThrottles",
        tableThrottles(context),
        0,
        "Requests that the table refused for a while.",
      ),
    ];
  }

  #ofEnvironment(environment: EnvironmentParts, oldestMessageAge: Duration): readonly Alarm[] {
    const { name } = environment.definition;
    const ageSeconds = oldestMessageAge.toSeconds();
    return [
      this.#above(
        `DeadLetters-${name}`,
        deadLetters(environment),
        0,
        `Actions of ${name} that no worker survived.`,
      ),
      this.#above(
        `OldestMessage-${name}`,
        oldestMessage(environment),
        ageSeconds,
        `An action of ${name} has waited or worked for long: is its fleet large enough, and does it start?`,
      ),
    ];
  }

  #above(id: string, metric: IMetric, threshold: number, alarmDescription: string): Alarm {
    const alarm = new Alarm(this, id, {
      metric,
      threshold,
      alarmDescription,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    if (this.#topic === undefined) return alarm;
    const action = new SnsAction(this.#topic);
    alarm.addAlarmAction(action);
    alarm.addOkAction(action);
    return alarm;
  }
}
