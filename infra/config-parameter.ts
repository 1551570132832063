/** How everybody finds a stack by its name: one parameter with what does not follow from that name. */
import { Aws, Stack } from "aws-cdk-lib";
import { ParameterTier, StringParameter } from "aws-cdk-lib/aws-ssm";
import { Construct } from "constructs";
import { configParameterName, type StackConfig, tableName } from "../sdk/backends/aws/names.ts";
import type { EnvironmentParts } from "./environment.ts";
import type { RunMachine } from "./run-machine.ts";
import type { StackContext } from "./stack-context.ts";

export interface ConfigParameterProps {
  readonly context: StackContext;
  readonly machine: RunMachine;
  readonly environments: readonly EnvironmentParts[];
}

export class ConfigParameter extends Construct {
  readonly parameter: StringParameter;

  constructor(scope: Construct, id: string, props: ConfigParameterProps) {
    super(scope, id);
    const { context, machine, environments } = props;
    const { network } = context;
    const config: StackConfig = {
      version: 1,
      table: tableName(context.name),
      bucket: context.state.bucket.bucketName,
      queueUrlPrefix: `https://sqs.${Aws.REGION}.${Aws.URL_SUFFIX}/${Aws.ACCOUNT_ID}/`,
      stateMachineArn: machine.machine.stateMachineArn,
      cluster: context.cluster.clusterName,
      network: {
        subnets: network.subnets.map(({ subnetId }) => subnetId),
        securityGroups: [network.securityGroup.securityGroupId],
        assignPublicIp: network.hasPublicAddresses,
      },
      environments: Object.fromEntries(environments.map((each) => [each.definition.name, policyOf(each)])),
    };
    this.parameter = new StringParameter(this, "Parameter", {
      parameterName: configParameterName(context.name),
      description: "Drover: where the SDK, the command line and the functions find this stack",
      // Free up to 4 KB; a stack of very many environments is charged for up to 8 KB.
      tier: ParameterTier.INTELLIGENT_TIERING,
      stringValue: Stack.of(this).toJsonString(config),
    });
  }
}

function policyOf({ definition }: EnvironmentParts): StackConfig["environments"][string] {
  if (definition.reusable === null) return null;
  const { replicasMin, replicasMax, concurrency, idleTtlMs, scaledownTtlMs } = definition.reusable;
  return [replicasMin, replicasMax, concurrency, idleTtlMs, scaledownTtlMs];
}
