/** Figures that alarms and the dashboard share. */
import { Duration } from "aws-cdk-lib";
import { type IMetric, MathExpression, Metric, Stats } from "aws-cdk-lib/aws-cloudwatch";
import type { CoreFunctions } from "./core-functions.ts";
import type { EnvironmentParts } from "./environment.ts";
import type { RunMachine } from "./run-machine.ts";
import type { StackContext } from "./stack-context.ts";

const period = Duration.minutes(5);

const sum = { period, statistic: Stats.SUM };
const maximum = { period, statistic: Stats.MAXIMUM };

/** Messages that no worker survived, and that the function for them has not taken yet. */
export function deadLetters({ queues }: Pick<EnvironmentParts, "queues">): IMetric {
  return queues.deadLetters.metricApproximateNumberOfMessagesVisible(maximum);
}

/** Age of the oldest message in seconds: of actions that wait, and of those that are being executed. */
export function oldestMessage({ queues }: Pick<EnvironmentParts, "queues">): IMetric {
  return queues.queue.metricApproximateAgeOfOldestMessage(maximum);
}

export function backlog({ queues }: Pick<EnvironmentParts, "queues">): readonly IMetric[] {
  return [
    queues.queue.metricApproximateNumberOfMessagesVisible(maximum),
    queues.queue.metricApproximateNumberOfMessagesNotVisible(maximum),
  ];
}

/** Executions that failed, ran out of time or were stopped. */
export function failedRuns({ machine }: RunMachine): IMetric {
  return total("runs", [machine.metricFailed(sum), machine.metricTimedOut(sum), machine.metricAborted(sum)]);
}

export function runs({ machine }: RunMachine): readonly IMetric[] {
  return [machine.metricStarted(sum), machine.metricSucceeded(sum), machine.metricFailed(sum)];
}

/** Invocations of functions that Lambda refused because too many ran at once. */
export function functionThrottles(functions: CoreFunctions): IMetric {
  return total(
    "functions",
    functions.all.map(({ fn }) => fn.metricThrottles(sum)),
  );
}

/** Invocations that failed; but for `finish`, whose failure is how an execution tells that its run has failed. */
export function functionErrors(functions: CoreFunctions): IMetric {
  const watched = functions.all.filter((one) => one !== functions.finish);
  return total(
    "errors",
    watched.map(({ fn }) => fn.metricErrors(sum)),
  );
}

/** Requests that the table refused because one key range had too many. */
export function tableThrottles({ state }: StackContext): IMetric {
  const kinds = ["ReadThrottleEvents", "WriteThrottleEvents"];
  const metrics = kinds.map(
    (metricName) =>
      new Metric({
        namespace: "AWS/DynamoDB",
        metricName,
        dimensionsMap: { TableName: state.table.tableName },
        ...sum,
      }),
  );
  return total("table", metrics);
}

/** How long notify lags behind the changes, in milliseconds. */
export function notifyLag(functions: CoreFunctions): IMetric {
  return functions.notify.fn.metric("IteratorAge", maximum);
}

function total(label: string, metrics: readonly IMetric[]): IMetric {
  const usingMetrics = Object.fromEntries(metrics.map((metric, index) => [`${label}${index}`, metric]));
  const expression = `SUM([${Object.keys(usingMetrics)
    .map((id) => `FILL(${id}, 0)`)
    .join(", ")}])`;
  return new MathExpression({ expression, usingMetrics, label, period });
}
