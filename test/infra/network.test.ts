import { App, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { type IVpc, SubnetType, Vpc } from "aws-cdk-lib/aws-ec2";
import { describe, expect, test } from "vitest";
import { DroverStack } from "../../infra/drover-stack.ts";
import {
  cdkContext,
  fakeBundles,
  orchestrator,
  resourcesOf,
  sampleStack,
  templateOf,
  text,
} from "./sample-stack.ts";

const template = templateOf(sampleStack());
const count = (type: string) => resourcesOf(template, type).size;

describe("the network of a stack", () => {
  test("has nothing that is paid by the hour: no NAT gateway, no interface endpoint, no fixed address", () => {
    expect(count("AWS::EC2::NatGateway")).toBe(0);
    expect(count("AWS::EC2::EIP")).toBe(0);
    for (const { Properties } of resourcesOf(template, "AWS::EC2::VPCEndpoint").values()) {
      expect(Properties.VpcEndpointType).toBe("Gateway");
    }
  });

  test("reaches S3 and DynamoDB by gateway endpoints", () => {
    const services = [...resourcesOf(template, "AWS::EC2::VPCEndpoint").values()].map(({ Properties }) =>
      text(Properties.ServiceName).split(".").at(-1),
    );
    expect(services.sort()).toEqual(["dynamodb", "s3"]);
  });

  test("lets nothing in", () => {
    expect(count("AWS::EC2::SecurityGroupIngress")).toBe(0);
    for (const { Properties } of resourcesOf(template, "AWS::EC2::SecurityGroup").values()) {
      expect(Properties.SecurityGroupIngress ?? []).toEqual([]);
    }
  });

  test("asks for no zone by name, so it is deployed to any account and region", () => {
    expect(count("AWS::EC2::Subnet")).toBe(2);
    for (const { Properties } of resourcesOf(template, "AWS::EC2::Subnet").values()) {
      expect(Properties.AvailabilityZone["Fn::Select"]).toBeDefined();
    }
  });
});

describe("a VPC of the user's", () => {
  function templateIn(...subnetTypes: readonly SubnetType[]) {
    const app = new App({ context: cdkContext });
    const subnetConfiguration = subnetTypes.map((subnetType) => ({ name: subnetType, subnetType }));
    const vpc: unknown = new Vpc(new Stack(app, "network"), "Own", { subnetConfiguration });
    const props = { environments: [orchestrator], vpc: vpc as IVpc, ...fakeBundles() };
    return Template.fromStack(new DroverStack(app, "sample", props));
  }

  const networkOf = (own: Template) => {
    const [service] = resourcesOf(own, "AWS::ECS::Service").values();
    return service?.Properties.NetworkConfiguration.AwsvpcConfiguration;
  };

  test("is used instead of a new one: its private subnets, without public addresses", () => {
    const own = templateIn(SubnetType.PUBLIC, SubnetType.PRIVATE_WITH_EGRESS);
    expect(resourcesOf(own, "AWS::EC2::VPC").size).toBe(0);
    const { AssignPublicIp, Subnets } = networkOf(own);
    expect(AssignPublicIp).toBe("DISABLED");
    for (const subnet of Subnets) expect(subnet["Fn::ImportValue"]).toMatch(/OwnPrivateSubnet\dSubnet/);
  });

  test("is used by its public subnets where it has no others", () => {
    const { AssignPublicIp, Subnets } = networkOf(templateIn(SubnetType.PUBLIC));
    expect(AssignPublicIp).toBe("ENABLED");
    for (const subnet of Subnets) expect(subnet["Fn::ImportValue"]).toMatch(/OwnPublicSubnet\dSubnet/);
  });

  test("without a subnet that leads to AWS is refused", () => {
    expect(() => templateIn(SubnetType.PRIVATE_ISOLATED)).toThrow(
      /no private subnet with a way out and no public one/,
    );
  });
});
