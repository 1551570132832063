import { describe, expect, test } from "vitest";
import {
  configParameterName,
  deadLetterQueueName,
  fleetName,
  queueName,
  type StackConfig,
  serviceEnvironment,
  stateMachineName,
  tableName,
} from "../../sdk/backends/aws/names.ts";
import {
  environmentNames,
  resourcesOf,
  reusableNames,
  sampleStack,
  templateOf,
  text,
} from "./sample-stack.ts";

const template = templateOf(sampleStack());
const [parameter] = [...resourcesOf(template, "AWS::SSM::Parameter").values()].map(
  ({ Properties }) => Properties,
);
const config = JSON.parse(text(parameter?.Value)) as StackConfig;

const namesOf = (type: string, property: string) =>
  [...resourcesOf(template, type).values()].map(({ Properties }) => text(Properties[property]));

/** The one resource that a reference of the config stands for. */
function typeOf(reference: string): string {
  const [, id = ""] = /^<(\w+?)(?:\.\w+)?>$/.exec(reference) ?? [];
  return (
    (template.toJSON().Resources as Record<string, { Type: string }>)[id]?.Type ?? `nothing: ${reference}`
  );
}

describe("the config parameter", () => {
  test("is found by the name of the stack", () => {
    expect(parameter?.Name).toBe(configParameterName("sample"));
    expect(parameter?.Tier).toBe("Intelligent-Tiering");
  });

  test("names resources of this stack", () => {
    expect(config.version).toBe(1);
    expect(config.table).toBe(tableName("sample"));
    expect(namesOf("AWS::DynamoDB::Table", "TableName")).toContain(config.table);
    expect(typeOf(config.bucket)).toBe("AWS::S3::Bucket");
    expect(typeOf(config.stateMachineArn)).toBe("AWS::StepFunctions::StateMachine");
    expect(typeOf(config.cluster)).toBe("AWS::ECS::Cluster");
    expect(config.network.subnets.map(typeOf)).toEqual(["AWS::EC2::Subnet", "AWS::EC2::Subnet"]);
    expect(config.network.securityGroups.map(typeOf)).toEqual(["AWS::EC2::SecurityGroup"]);
    expect(config.network.assignPublicIp).toBe(true);
  });

  test("tells where queues are", () => {
    expect(config.queueUrlPrefix).toBe("https://sqs.<AWS::Region>.<AWS::URLSuffix>/<AWS::AccountId>/");
  });

  test("has every environment: the policy of its fleet, or null", () => {
    expect(config.environments).toEqual({
      custom: null,
      merge: null,
      orchestrator: null,
      report: null,
      scoring: [3, 10, 5, 300_000, 30_000],
    });
  });

  test("is free: with fifteen environments it still has less than 4 KB", () => {
    const bytes = text(parameter?.Value).length;
    expect(bytes + (15 - environmentNames.length) * 100).toBeLessThan(4_096 - 1_000);
  });
});

describe("names that follow from the name of the stack", () => {
  test("are those of its queues", () => {
    const expected = [...environmentNames, serviceEnvironment].flatMap((name) => [
      queueName("sample", name),
      deadLetterQueueName("sample", name),
    ]);
    expect(
      namesOf("AWS::SQS::Queue", "QueueName")
        .filter((name) => name !== "undefined")
        .sort(),
    ).toEqual(expected.sort());
  });

  test("are those of its services, task definitions and state machine", () => {
    expect(namesOf("AWS::ECS::Service", "ServiceName")).toEqual(
      reusableNames.map((name) => fleetName("sample", name)),
    );
    expect(namesOf("AWS::ECS::TaskDefinition", "Family").sort()).toEqual(
      environmentNames.map((name) => fleetName("sample", name)).sort(),
    );
    expect(namesOf("AWS::StepFunctions::StateMachine", "StateMachineName")).toEqual([
      stateMachineName("sample"),
    ]);
  });
});
