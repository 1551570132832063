import { CpuArchitecture } from "aws-cdk-lib/aws-ecs";
import { describe, expect, test } from "vitest";
import { TaskEnvironment } from "../../sdk/index.ts";
import {
  environmentNames,
  resourcesOf,
  reusableNames,
  sampleStack,
  templateOf,
  text,
} from "./sample-stack.ts";

const template = templateOf(sampleStack());
const definitions = resourcesOf(template, "AWS::ECS::TaskDefinition");

function definitionOf(environment: string) {
  const found = [...definitions.values()].find(
    ({ Properties }) => Properties.Family === `drover-sample--${environment}`,
  );
  if (found === undefined) throw new Error(`There is no task definition of ${environment}.`);
  return found.Properties;
}

describe("fleets", () => {
  const services = [...resourcesOf(template, "AWS::ECS::Service").values()].map(
    ({ Properties }) => Properties,
  );

  test("there is a service for each reusable environment and for no other", () => {
    expect(services.map(({ ServiceName }) => ServiceName)).toEqual(
      reusableNames.map((name) => `drover-sample--${name}`),
    );
  });

  test("begin empty, and are never larger than their policy while they are replaced", () => {
    for (const service of services) {
      expect(service.DesiredCount).toBe(0);
      expect(service.DeploymentConfiguration).toMatchObject({
        MaximumPercent: 100,
        MinimumHealthyPercent: 0,
      });
    }
  });

  test("are not moved between zones, and deployments that do not start are rolled back", () => {
    for (const service of services) {
      expect(service.AvailabilityZoneRebalancing).toBe("DISABLED");
      expect(service.DeploymentConfiguration.DeploymentCircuitBreaker).toEqual({
        Enable: true,
        Rollback: true,
      });
    }
  });

  test("run on Spot where the props say so", () => {
    const other = templateOf(sampleStack({ fargateSpot: true }));
    const [service] = resourcesOf(other, "AWS::ECS::Service").values();
    expect(service?.Properties.CapacityProviderStrategy).toEqual([
      { CapacityProvider: "FARGATE_SPOT", Weight: 1 },
    ]);
    expect(service?.Properties.LaunchType).toBeUndefined();
  });
});

describe("the container of an environment", () => {
  test.each([
    ["scoring", "1024", "2048", undefined],
    ["report", "1024", "8192", undefined],
    ["merge", "8192", "32768", 60],
    ["custom", "1024", "2048", undefined],
  ])("of %s has %s units of processor, %s MiB and a disk of %s GiB", (name, Cpu, Memory, disk) => {
    const definition = definitionOf(name);
    expect(definition).toMatchObject({ Cpu, Memory });
    expect(definition.EphemeralStorage?.SizeInGiB).toBe(disk);
  });

  test("knows its stack and its environment", () => {
    for (const name of environmentNames) {
      expect(definitionOf(name).ContainerDefinitions[0].Environment).toEqual([
        { Name: "DROVER_STACK", Value: "sample" },
        { Name: "DROVER_ENVIRONMENT", Value: name },
      ]);
    }
  });

  test("has two minutes to drain, is not the first process, and is watched where the image is ours", () => {
    for (const name of environmentNames) {
      const [container] = definitionOf(name).ContainerDefinitions;
      expect(container).toMatchObject({
        Name: "worker",
        StopTimeout: 120,
        LinuxParameters: { InitProcessEnabled: true },
        LogConfiguration: { LogDriver: "awslogs" },
      });
      expect(container.HealthCheck === undefined).toBe(name === "custom");
    }
  });

  test("is of the image that the environment names, with the right to pull it", () => {
    expect(text(definitionOf("custom").ContainerDefinitions[0].Image)).toBe(
      "123456789012.dkr.ecr.eu-west-1.<AWS::URLSuffix>/tools:v7",
    );
    const policies = [...resourcesOf(template, "AWS::IAM::Policy").values()];
    const own = policies.find(({ Properties }) =>
      text(Properties.Roles).includes("EnvironmentcustomWorkerDefinitionExec"),
    );
    expect(
      text(
        own?.Properties.PolicyDocument.Statement.map(({ Resource }: { Resource: unknown }) => text(Resource)),
      ),
    ).toContain(":ecr:eu-west-1:123456789012:repository/tools");
  });

  test.each([
    [CpuArchitecture.ARM64, "ARM64"],
    [CpuArchitecture.X86_64, "X86_64"],
  ])("runs on %s", (architecture, expected) => {
    const other = resourcesOf(templateOf(sampleStack({ architecture })), "AWS::ECS::TaskDefinition");
    for (const { Properties } of other.values()) {
      expect(Properties.RuntimePlatform.CpuArchitecture).toBe(expected);
    }
  });
});

describe("environments that a stack refuses", () => {
  test("what Fargate does not have is refused with the name of the environment", () => {
    const learner = new TaskEnvironment("learner", { resources: { gpu: "T4:1" } });
    expect(() => sampleStack({ environments: [learner] })).toThrow(/gpu of environment "learner".*no GPUs/);
  });

  test("a fleet for each run is refused with a way out", () => {
    const perRun = new TaskEnvironment("per-run", { reusable: { scope: "run" } });
    expect(() => sampleStack({ environments: [perRun] })).toThrow(/scope of environment "per-run"/);
  });

  test("a stack for no environment is refused", () => {
    expect(() => sampleStack({ environments: [] })).toThrow(/Environments of the stack.*from 1 to 25/);
  });

  test("a name of a stack that makes others too long is refused", () => {
    expect(() => sampleStack({ stackName: "x".repeat(41) })).toThrow(/at most 40 characters/);
  });
});
