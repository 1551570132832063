import { App, Duration, Stack } from "aws-cdk-lib";
import { Topic } from "aws-cdk-lib/aws-sns";
import { describe, expect, test } from "vitest";
import { DroverStack } from "../../infra/drover-stack.ts";
import {
  cdkContext,
  environmentNames,
  fakeBundles,
  orchestrator,
  resourcesOf,
  sampleStack,
  templateOf,
  text,
} from "./sample-stack.ts";

const template = templateOf(sampleStack());
const alarms = [...resourcesOf(template, "AWS::CloudWatch::Alarm").values()].map(
  ({ Properties }) => Properties,
);

/** Names of the metrics that an alarm looks at, its own or those of its formula. */
function metricsOf(alarm: (typeof alarms)[number]): readonly string[] {
  const parts = (alarm.Metrics ?? []).flatMap((part: { MetricStat?: { Metric: { MetricName: string } } }) =>
    part.MetricStat === undefined ? [] : [part.MetricStat.Metric.MetricName],
  );
  return alarm.MetricName === undefined ? parts : [alarm.MetricName];
}

const watching = (metric: string) => alarms.filter((alarm) => metricsOf(alarm).includes(metric));

describe("alarms", () => {
  test("go off for each dead letter: of every environment, of timers and of the stream", () => {
    const queues = watching("ApproximateNumberOfMessagesVisible");
    expect(queues).toHaveLength(environmentNames.length + 2);
    for (const alarm of queues) expect(alarm.Threshold).toBe(0);
  });

  test("go off when a message of an environment is older than an hour", () => {
    const ages = watching("ApproximateAgeOfOldestMessage");
    expect(ages).toHaveLength(environmentNames.length);
    for (const alarm of ages) expect(alarm.Threshold).toBe(3_600);
  });

  test("go off at another age where the props say so", () => {
    const other = templateOf(sampleStack({ oldestMessageAge: Duration.hours(12) }));
    const ages = [...resourcesOf(other, "AWS::CloudWatch::Alarm").values()].filter(
      ({ Properties }) => Properties.MetricName === "ApproximateAgeOfOldestMessage",
    );
    for (const { Properties } of ages) expect(Properties.Threshold).toBe(43_200);
  });

  test.each([
    ["failed runs", ["ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"]],
    ["throttled functions", ["Throttles"]],
    ["a throttled table", ["ReadThrottleEvents", "WriteThrottleEvents"]],
    ["functions that fail", ["Errors"]],
    ["ends that are told late", ["IteratorAge"]],
  ])("go off for %s", (_, metrics) => {
    for (const metric of metrics) expect(watching(metric), metric).toHaveLength(1);
  });

  test("stay silent while nothing happens", () => {
    for (const alarm of alarms) expect(alarm.TreatMissingData).toBe("notBreaching");
  });

  test("use no formula of more metrics than an alarm may have", () => {
    for (const alarm of alarms) expect(metricsOf(alarm).length).toBeLessThanOrEqual(10);
  });

  test("tell a topic when they go off and when it is over, where there is one", () => {
    const app = new App({ context: cdkContext });
    const alarmTopic = new Topic(new Stack(app, "people"), "Pager");
    const stack = new DroverStack(app, "sample", {
      environments: [orchestrator],
      alarmTopic,
      ...fakeBundles(),
    });
    for (const { Properties } of resourcesOf(templateOf(stack), "AWS::CloudWatch::Alarm").values()) {
      expect(Properties.AlarmActions).toHaveLength(1);
      expect(Properties.OKActions).toEqual(Properties.AlarmActions);
    }
  });
});

describe("the dashboard", () => {
  test("shows every environment", () => {
    const [dashboard] = resourcesOf(template, "AWS::CloudWatch::Dashboard").values();
    const body = text(dashboard?.Properties.DashboardBody);
    for (const name of environmentNames) expect(body).toContain(`${name}: waiting and under way`);
  });

  test("is left out where the props say so", () => {
    expect(
      resourcesOf(templateOf(sampleStack({ dashboard: false })), "AWS::CloudWatch::Dashboard").size,
    ).toBe(0);
  });
});
