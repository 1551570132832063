/** What a stack must not lose: the table of records and the bucket of values and code. */
import { Duration, type RemovalPolicy } from "aws-cdk-lib";
import {
  AttributeType,
  BillingMode,
  ProjectionType,
  StreamViewType,
  Table,
  TableEncryption,
} from "aws-cdk-lib/aws-dynamodb";
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";
import { runsIndex, tableAttributes, tableName } from "../sdk/backends/aws/names.ts";
import { acknowledge } from "./acknowledge.ts";

export interface StateProps {
  /** Name of the stack. */
  readonly stack: string;
  readonly removalPolicy: RemovalPolicy;
  readonly deletionProtection: boolean;
  readonly pointInTimeRecovery: boolean;
}

/**
 * The table and the bucket. Their construct ids are a promise: another id is another table, and the old one's runs are gone
 * from the stack. When the stack is deleted they stay, unless the removal policy says otherwise.
 */
export class State extends Construct {
  readonly table: Table;
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, props: StateProps) {
    super(scope, id);
    this.table = new Table(this, "Records", {
      tableName: tableName(props.stack),
      partitionKey: { name: tableAttributes.partitionKey, type: AttributeType.STRING },
      sortKey: { name: tableAttributes.sortKey, type: AttributeType.STRING },
      timeToLiveAttribute: tableAttributes.expiry,
      billingMode: BillingMode.PAY_PER_REQUEST,
      stream: StreamViewType.NEW_IMAGE,
      encryption: TableEncryption.AWS_MANAGED,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: props.pointInTimeRecovery },
      deletionProtection: props.deletionProtection,
      removalPolicy: props.removalPolicy,
    });
    this.table.addGlobalSecondaryIndex({
      indexName: runsIndex.name,
      partitionKey: { name: runsIndex.partitionKey, type: AttributeType.STRING },
      sortKey: { name: runsIndex.sortKey, type: AttributeType.STRING },
      projectionType: ProjectionType.ALL,
    });
    this.bucket = new Bucket(this, "Blobs", {
      versioned: true,
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      removalPolicy: props.removalPolicy,
      lifecycleRules: [
        {
          id: "old-versions",
          noncurrentVersionExpiration: Duration.days(30),
          expiredObjectDeleteMarker: true,
        },
        { id: "unfinished-uploads", abortIncompleteMultipartUploadAfter: Duration.days(7) },
      ],
    });
    acknowledge(this.bucket, {
      "AwsSolutions-S1":
        "Access logs need another bucket and are paid by request; turn on CloudTrail data events where a policy asks for them.",
    });
    if (!props.pointInTimeRecovery) {
      acknowledge(this.table, { "AwsSolutions-DDB3": "Turned off on purpose by the stack's props." });
    }
  }
}
