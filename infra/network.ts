/** Where containers run: subnets that reach AWS without any part that costs money by the hour. */
import {
  GatewayVpcEndpointAwsService,
  IpAddresses,
  type ISecurityGroup,
  type ISubnet,
  type IVpc,
  SecurityGroup,
  SubnetType,
  Vpc,
} from "aws-cdk-lib/aws-ec2";
import { Construct } from "constructs";
import { PolicyError } from "drover";
import { acknowledge } from "./acknowledge.ts";

export interface NetworkProps {
  /** @default a VPC of two public subnets, without NAT */
  readonly vpc?: IVpc | undefined;
}

/**
 * A VPC of public subnets with gateway endpoints for S3 and DynamoDB, or the given one; and the security group of all
 * containers, which lets nothing in. A container in a public subnet has an address of its own while it runs. In a given VPC the
 * containers go to private subnets with a way out where there are some, and to public ones else.
 */
export class Network extends Construct {
  readonly vpc: IVpc;
  readonly subnets: readonly ISubnet[];
  readonly securityGroup: ISecurityGroup;
  readonly hasPublicAddresses: boolean;

  constructor(scope: Construct, id: string, props: NetworkProps) {
    super(scope, id);
    this.vpc = props.vpc ?? this.#ownVpc();
    this.hasPublicAddresses = this.vpc.privateSubnets.length === 0;
    this.subnets = this.hasPublicAddresses ? this.vpc.publicSubnets : this.vpc.privateSubnets;
    if (this.subnets.length === 0) throw noSubnets(this.vpc);
    this.securityGroup = new SecurityGroup(this, "Containers", {
      vpc: this.vpc,
      description: "Containers of Drover: everything out, nothing in",
      allowAllOutbound: true,
    });
  }

  #ownVpc(): IVpc {
    const vpc = new Vpc(this, "Vpc", {
      ipAddresses: IpAddresses.cidr("10.0.0.0/16"),
      maxAzs: 2,
      natGateways: 0,
      // Task containers number in the thousands: /18 has room for 16,000 in each zone.
      subnetConfiguration: [{ name: "Public", subnetType: SubnetType.PUBLIC, cidrMask: 18 }],
      gatewayEndpoints: {
        S3: { service: GatewayVpcEndpointAwsService.S3 },
        DynamoDB: { service: GatewayVpcEndpointAwsService.DYNAMODB },
      },
      // Emptying the default security group takes a function with rights on all groups; nothing uses that group.
      restrictDefaultSecurityGroup: false,
    });
    acknowledge(vpc, {
      "AwsSolutions-VPC7":
        "Flow logs are paid by volume, and no inbound traffic is allowed; add them with vpc.addFlowLog where a policy asks for them.",
    });
    // CDK's classes do not know exactOptionalPropertyTypes, so they are not seen to be what they implement.
    return vpc as IVpc;
  }
}

function noSubnets({ vpcId }: IVpc): PolicyError {
  return new PolicyError({
    what: "The VPC of the stack",
    value: vpcId,
    allowed:
      "one whose containers reach AWS, and this one has no private subnet with a way out and no public one",
    wayOut: "Name its subnets where it is imported, or leave vpc out.",
  });
}
