import { RetentionDays } from "aws-cdk-lib/aws-logs";
import { describe, expect, test } from "vitest";
import { functionNames } from "../../infra/function-names.ts";
import {
  environmentNames,
  type Resource,
  resourcesOf,
  sampleStack,
  templateOf,
  text,
} from "./sample-stack.ts";

const template = templateOf(sampleStack());
const functions = resourcesOf(template, "AWS::Lambda::Function");
const mappings = [...resourcesOf(template, "AWS::Lambda::EventSourceMapping").values()];

function idOf(name: string): string {
  const ids = [...functions.keys()].filter((id) =>
    id.startsWith(`Functions${name.replace("-", "")}Function`),
  );
  expect(ids, name).toHaveLength(1);
  return ids[0] ?? "";
}

function sourcesOf(name: string): readonly Resource["Properties"][] {
  const id = idOf(name);
  return mappings.map(({ Properties }) => Properties).filter(({ FunctionName }) => FunctionName.Ref === id);
}

test("each function is called by its name", () => {
  for (const name of functionNames) {
    if (name !== "drive") expect(functions.get(idOf(name))?.Properties.Handler).toBe(`${name}.handler`);
  }
  for (const [id, { Properties }] of functions) {
    if (id.includes("Driver")) expect(Properties.Handler).toBe("drive.handler");
  }
});

test("there is one function of each kind, and a driver for each environment that fits into one", () => {
  for (const name of functionNames) if (name !== "drive") idOf(name);
  const drivers = [...functions.keys()].filter((id) => id.includes("Driver"));
  expect(drivers).toHaveLength(environmentNames.length - 2);
  expect(functions.size).toBe(functionNames.length - 1 + drivers.length);
});

test("all run on Node 24 and arm64, know their stack, and log JSON", () => {
  for (const [id, { Properties }] of functions) {
    expect(Properties, id).toMatchObject({
      Runtime: "nodejs24.x",
      Architectures: ["arm64"],
      Handler: expect.stringMatching(/^[a-z-]+\.handler$/),
      Environment: { Variables: { DROVER_STACK: "sample" } },
      LoggingConfig: { LogFormat: "JSON" },
    });
  }
});

test("each has a log group and a role of its own", () => {
  const logs = [...functions.values()].map(({ Properties }) => text(Properties.LoggingConfig.LogGroup));
  const roles = [...functions.values()].map(({ Properties }) => text(Properties.Role));
  expect(new Set(logs).size).toBe(functions.size);
  expect(new Set(roles).size).toBe(functions.size);
});

test("a driver has the memory that its environment asks for, and a quarter of an hour", () => {
  const [driver] = [...functions].filter(([id]) => id.startsWith("EnvironmentorchestratorDriver"));
  expect(driver?.[1].Properties).toMatchObject({ MemorySize: 4_096, Timeout: 900 });
});

test.each([
  [undefined, 30],
  [RetentionDays.ONE_WEEK, 7],
])("with a log retention of %s all logs are kept for %i days", (logRetention, days) => {
  const groups = resourcesOf(
    templateOf(sampleStack(logRetention === undefined ? {} : { logRetention })),
    "AWS::Logs::LogGroup",
  );
  // Of each function, each environment's containers, and the state machine.
  expect(groups.size).toBe(functions.size + environmentNames.length + 1);
  for (const [id, { Properties }] of groups) expect(Properties.RetentionInDays, id).toBe(days);
});

describe("notify", () => {
  const [source, ...others] = sourcesOf("notify");

  test("reads the stream of the table from its start, and nothing else", () => {
    expect(others).toEqual([]);
    expect(text(source.EventSourceArn)).toBe("<StateRecordsC287E63D.StreamArn>");
    expect(source.StartingPosition).toBe("TRIM_HORIZON");
  });

  test("is called for ended states only", () => {
    expect(
      source.FilterCriteria.Filters.map(({ Pattern }: { Pattern: string }) => JSON.parse(Pattern)),
    ).toEqual([
      {
        eventName: ["INSERT", "MODIFY"],
        dynamodb: { NewImage: { st: { S: ["succeeded", "failed", "aborted"] } } },
      },
    ]);
  });

  test("gives up a change, not its batch, and leaves word of it", () => {
    expect(source).toMatchObject({
      BisectBatchOnFunctionError: true,
      FunctionResponseTypes: ["ReportBatchItemFailures"],
      MaximumRetryAttempts: 100,
    });
    expect(text(source.DestinationConfig.OnFailure.Destination)).toMatch(
      /^<FunctionsMissedChanges\w+\.Arn>$/,
    );
  });
});

describe("functions that read queues", () => {
  const listened = (name: string) => sourcesOf(name).map(({ EventSourceArn }) => text(EventSourceArn));

  test("timers reads the service queue", () => {
    expect(listened("timers")).toEqual([expect.stringMatching(/^<ServiceQueue\w+\.Arn>$/)]);
  });

  test("dead-letter reads all dead letters", () => {
    expect(listened("dead-letter")).toHaveLength(environmentNames.length + 1);
    for (const arn of listened("dead-letter")) expect(arn).toContain("DeadLetters");
  });

  test("launch reads the queues of environments without a fleet", () => {
    const environments = listened("launch").map((arn) => /Environment(\w+?)Work/.exec(arn)?.[1]);
    expect(environments.sort()).toEqual(["custom", "merge", "orchestrator", "report"]);
  });

  test.each(["timers", "dead-letter", "launch"])("%s brings back what failed and not the batch", (name) => {
    for (const source of sourcesOf(name))
      expect(source.FunctionResponseTypes).toEqual(["ReportBatchItemFailures"]);
  });
});

test("scale is called every minute, under the name that others call it by", () => {
  const rules = [...resourcesOf(template, "AWS::Events::Rule").values()].map(({ Properties }) => Properties);
  const minute = rules.find(({ ScheduleExpression }) => ScheduleExpression === "rate(1 minute)");
  expect(text(minute?.Targets[0].Arn)).toBe(`<${idOf("scale")}.Arn>`);
  expect(functions.get(idOf("scale"))?.Properties.FunctionName).toBe("drover-sample--scale");
});

test("a folder without a function is refused with its name", () => {
  expect(() => sampleStack({ functionsPath: "/nowhere" })).toThrow(
    /\/nowhere.*prepare.mjs is missing.*node infra\/build\.ts/,
  );
});
