import { RemovalPolicy } from "aws-cdk-lib";
import { Match } from "aws-cdk-lib/assertions";
import { describe, expect, test } from "vitest";
import { resourcesOf, sampleStack, templateOf } from "./sample-stack.ts";

const template = templateOf(sampleStack());

describe("the table", () => {
  test("is paid by request, forgets by TTL and streams new images", () => {
    template.hasResourceProperties("AWS::DynamoDB::Table", {
      TableName: "drover-sample",
      BillingMode: "PAY_PER_REQUEST",
      TimeToLiveSpecification: { AttributeName: "ttl", Enabled: true },
      StreamSpecification: { StreamViewType: "NEW_IMAGE" },
      KeySchema: [
        { AttributeName: "pk", KeyType: "HASH" },
        { AttributeName: "sk", KeyType: "RANGE" },
      ],
    });
  });

  test("has the index in which runs stand by age", () => {
    template.hasResourceProperties("AWS::DynamoDB::Table", {
      GlobalSecondaryIndexes: [
        {
          IndexName: "runs",
          KeySchema: [
            { AttributeName: "rk", KeyType: "HASH" },
            { AttributeName: "rs", KeyType: "RANGE" },
          ],
          Projection: { ProjectionType: "ALL" },
        },
      ],
    });
  });

  test("is encrypted, restorable and protected from deletion", () => {
    template.hasResourceProperties("AWS::DynamoDB::Table", {
      SSESpecification: { SSEEnabled: true },
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      DeletionProtectionEnabled: true,
    });
  });
});

describe("the bucket", () => {
  test("is versioned, encrypted and closed to the public", () => {
    template.hasResourceProperties("AWS::S3::Bucket", {
      VersioningConfiguration: { Status: "Enabled" },
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" } }],
      },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
    });
  });

  test("is reached over TLS only", () => {
    template.hasResourceProperties("AWS::S3::BucketPolicy", {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: "Deny", Condition: { Bool: { "aws:SecureTransport": "false" } } }),
        ]),
      },
    });
  });

  test("keeps old versions for 30 days and unfinished uploads for 7, and what is current for ever", () => {
    const [bucket] = resourcesOf(template, "AWS::S3::Bucket").values();
    const rules = bucket?.Properties.LifecycleConfiguration.Rules;
    expect(rules).toContainEqual(
      expect.objectContaining({ NoncurrentVersionExpiration: { NoncurrentDays: 30 } }),
    );
    expect(rules).toContainEqual(
      expect.objectContaining({ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 } }),
    );
    for (const rule of rules) expect(rule).not.toHaveProperty("ExpirationInDays");
  });
});

describe("what a stack must not lose", () => {
  const types = ["AWS::DynamoDB::Table", "AWS::S3::Bucket"];

  test.each(types)("%s stays when the stack is deleted or the resource replaced", (type) => {
    for (const resource of resourcesOf(template, type).values()) {
      expect(resource).toMatchObject({ DeletionPolicy: "Retain", UpdateReplacePolicy: "Retain" });
    }
  });

  test.each(types)("%s goes, unprotected, where the props say so", (type) => {
    const other = templateOf(sampleStack({ removalPolicy: RemovalPolicy.DESTROY }));
    for (const resource of resourcesOf(other, type).values()) {
      expect(resource).toMatchObject({ DeletionPolicy: "Delete", UpdateReplacePolicy: "Delete" });
      expect(resource.Properties.DeletionProtectionEnabled ?? false).toBe(false);
    }
  });

  test("the table can be protected or not whatever becomes of it, and recovery can be turned off", () => {
    const other = templateOf(
      sampleStack({
        removalPolicy: RemovalPolicy.DESTROY,
        deletionProtection: true,
        pointInTimeRecovery: false,
      }),
    );
    other.hasResourceProperties("AWS::DynamoDB::Table", {
      DeletionProtectionEnabled: true,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: false },
    });
  });

  test("table and bucket keep their logical ids: another id is another, empty resource", () => {
    expect([...resourcesOf(template, "AWS::DynamoDB::Table").keys()]).toEqual(["StateRecordsC287E63D"]);
    expect([...resourcesOf(template, "AWS::S3::Bucket").keys()]).toEqual(["StateBlobsEA56CB8C"]);
  });
});

test("every resource that holds anything says what becomes of it", () => {
  const types = ["AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::Logs::LogGroup", "AWS::SQS::Queue"];
  for (const type of types) {
    for (const [id, resource] of resourcesOf(template, type)) {
      expect(resource.DeletionPolicy, `${type} ${id}`).toBeDefined();
      expect(resource.UpdateReplacePolicy, `${type} ${id}`).toBeDefined();
    }
  }
});
