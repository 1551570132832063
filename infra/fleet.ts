/** The warm replicas of one reusable environment. */
import {
  AvailabilityZoneRebalancing,
  FargateService,
  type FargateTaskDefinition,
  type ICluster,
  PropagatedTagSource,
} from "aws-cdk-lib/aws-ecs";
import { Construct } from "constructs";
import type { Network } from "./network.ts";

export interface FleetProps {
  readonly serviceName: string;
  readonly cluster: ICluster;
  readonly network: Network;
  readonly definition: FargateTaskDefinition;
  readonly isSpot: boolean;
}

/**
 * A service that begins with no replica and costs nothing until there is work: the scale function sets how many it has. A
 * deployment that changes the service sets it back to none; replicas at work are protected, the scale function raises it
 * again within a minute. At a deployment old replicas go before new ones come, so there are never more than the policy's maximum.
 */
export class Fleet extends Construct {
  readonly service: FargateService;

  constructor(scope: Construct, id: string, props: FleetProps) {
    super(scope, id);
    const { network } = props;
    this.service = new FargateService(this, "Service", {
      serviceName: props.serviceName,
      cluster: props.cluster,
      taskDefinition: props.definition,
      desiredCount: 0,
      minHealthyPercent: 0,
      maxHealthyPercent: 100,
      circuitBreaker: { enable: true, rollback: true },
      // Moving replicas between zones would interrupt what they execute, for no gain: they serve nobody by address.
      availabilityZoneRebalancing: AvailabilityZoneRebalancing.DISABLED,
      assignPublicIp: network.hasPublicAddresses,
      vpcSubnets: { subnets: [...network.subnets] },
      securityGroups: [network.securityGroup],
      propagateTags: PropagatedTagSource.SERVICE,
      ...(props.isSpot
        ? { capacityProviderStrategies: [{ capacityProvider: "FARGATE_SPOT", weight: 1 }] }
        : {}),
    });
  }
}
