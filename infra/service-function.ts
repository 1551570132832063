/** A Lambda function of Drover, with a role and a log group of its own. */
import { type Duration, RemovalPolicy, Size } from "aws-cdk-lib";
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import {
  Architecture,
  Code,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
} from "aws-cdk-lib/aws-lambda";
import { LogGroup, type RetentionDays } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import type { FunctionName } from "./function-names.ts";

export interface ServiceFunctionProps {
  /** Which of the bundled functions: the name of its file. */
  readonly name: FunctionName;
  /** Folder of all functions, which is one asset: most of it is what they share. */
  readonly functionsPath: string;
  readonly description: string;
  readonly timeout: Duration;
  readonly memoryMiB: number;
  /** @default 512 */
  readonly diskMiB?: number;
  readonly logRetention: RetentionDays;
  readonly environment: Readonly<Record<string, string>>;
  /** @default one that CloudFormation makes up */
  readonly functionName?: string;
  /** Executes it. @default a role that may do nothing but write its log */
  readonly role?: Role;
}

/**
 * Logs go with the stack: they are bounded by their retention, and tell nothing of runs that the table does not tell.
 * The role may write this log and nothing else until it is granted more.
 */
export class ServiceFunction extends Construct {
  readonly fn: LambdaFunction;
  readonly role: Role;
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, props: ServiceFunctionProps) {
    super(scope, id);
    this.logGroup = new LogGroup(this, "Log", {
      retention: props.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.role =
      props.role ??
      new Role(this, "Role", {
        assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
        description: `Drover: ${props.description}`,
      });
    this.logGroup.grantWrite(this.role);
    this.fn = new LambdaFunction(this, "Function", {
      ...(props.functionName === undefined ? {} : { functionName: props.functionName }),
      description: `Drover: ${props.description}`,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      code: Code.fromAsset(props.functionsPath),
      handler: `${props.name}.handler`,
      timeout: props.timeout,
      memorySize: props.memoryMiB,
      ephemeralStorageSize: Size.mebibytes(props.diskMiB ?? 512),
      role: this.role,
      logGroup: this.logGroup,
      loggingFormat: LoggingFormat.JSON,
      environment: { ...props.environment },
    });
  }
}
