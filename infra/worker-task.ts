/** The container that executes actions of one environment. */
import { Duration, RemovalPolicy } from "aws-cdk-lib";
import {
  type ContainerDefinition,
  type ContainerImage,
  type CpuArchitecture,
  FargateTaskDefinition,
  type HealthCheck,
  LinuxParameters,
  LogDrivers,
  OperatingSystemFamily,
} from "aws-cdk-lib/aws-ecs";
import type { IRole } from "aws-cdk-lib/aws-iam";
import { LogGroup, type RetentionDays } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import { CONTAINER } from "../sdk/backends/aws/names.ts";
import { acknowledge, acknowledgeWildcard } from "./acknowledge.ts";
import type { FargateSize } from "./fargate-size.ts";

export interface WorkerTaskProps {
  /** Whether the image is Drover's own, of which is known how its health shows. */
  readonly isOwnImage: boolean;
  readonly family: string;
  readonly image: ContainerImage;
  readonly size: FargateSize;
  readonly architecture: CpuArchitecture;
  /** What the code of users may do. */
  readonly role: IRole;
  readonly logRetention: RetentionDays;
  readonly environment: Readonly<Record<string, string>>;
}

/** The lease thread touches the file every 20 seconds, whatever the main thread does. ECS does not read it from the image. */
const healthCheck: HealthCheck = {
  command: ["CMD-SHELL", "test $(( $(date +%s) - $(stat -c %Y /tmp/drover-alive) )) -lt 90"],
  interval: Duration.seconds(30),
  timeout: Duration.seconds(5),
  startPeriod: Duration.minutes(1),
  retries: 3,
};

/** The longest that Fargate has between SIGTERM and SIGKILL. */
const drainTime = Duration.minutes(2);

export class WorkerTask extends Construct {
  readonly definition: FargateTaskDefinition;
  readonly container: ContainerDefinition;
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, props: WorkerTaskProps) {
    super(scope, id);
    const { size } = props;
    this.logGroup = new LogGroup(this, "Log", {
      retention: props.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.definition = new FargateTaskDefinition(this, "Definition", {
      family: props.family,
      cpu: size.cpuUnits,
      memoryLimitMiB: size.memoryMiB,
      ...(size.diskGiB === null ? {} : { ephemeralStorageGiB: size.diskGiB }),
      runtimePlatform: {
        cpuArchitecture: props.architecture,
        operatingSystemFamily: OperatingSystemFamily.LINUX,
      },
      taskRole: props.role,
    });
    this.container = this.definition.addContainer(CONTAINER, {
      image: props.image,
      logging: LogDrivers.awsLogs({ logGroup: this.logGroup, streamPrefix: CONTAINER }),
      environment: { ...props.environment },
      stopTimeout: drainTime,
      ...(props.isOwnImage ? { healthCheck } : {}),
      linuxParameters: new LinuxParameters(this, "Linux", { initProcessEnabled: true }),
    });
    acknowledge(this.definition, {
      "AwsSolutions-ECS2": "The variables are names of this stack's resources; secrets are read by grant.",
    });
    const reason = "ecr:GetAuthorizationToken knows no resources; pulling itself is granted by repository.";
    acknowledgeWildcard(this.definition, "*", reason);
  }
}
