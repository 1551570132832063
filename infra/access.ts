/** Grants by intent: what the parts of a stack may do, each on resources by name. A wildcard has its reason beside it. */
import { ArnFormat, Stack } from "aws-cdk-lib";
import { PolicyStatement, type Role } from "aws-cdk-lib/aws-iam";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { IConstruct } from "constructs";
import { acknowledgeWildcard } from "./acknowledge.ts";
import type { State } from "./state.ts";

const reads = ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"];
const writes = [
  "dynamodb:PutItem",
  "dynamodb:UpdateItem",
  "dynamodb:DeleteItem",
  "dynamodb:BatchWriteItem",
  "dynamodb:ConditionCheckItem",
];

export function allow(role: Role, actions: readonly string[], ...resources: readonly string[]): void {
  role.addToPrincipalPolicy(new PolicyStatement({ actions: [...actions], resources: [...resources] }));
}

export function readRecords({ table }: State, role: Role): void {
  allowOnTable(table, role, reads);
}

export function changeRecords({ table }: State, role: Role): void {
  allowOnTable(table, role, [...reads, ...writes]);
}

/** Single items by key: what the scale function remembers of fleets. */
export function keepNotes({ table }: State, role: Role): void {
  allow(role, ["dynamodb:GetItem", "dynamodb:PutItem"], table.tableArn);
}

function allowOnTable(table: State["table"], role: Role, actions: readonly string[]): void {
  const indexes = `${table.tableArn}/index/*`;
  allow(role, actions, table.tableArn, indexes);
  acknowledgeWildcard(role, indexes, "All indexes are of this one table.");
}

/** Without the right to list, S3 answers "forbidden" for a key that is not there, which is no error here. */
export function readBlobs({ bucket }: State, role: Role): void {
  allow(role, ["s3:ListBucket"], bucket.bucketArn);
  allowOnBlobs(bucket, role, ["s3:GetObject"]);
}

export function changeBlobs(state: State, role: Role): void {
  readBlobs(state, role);
  allowOnBlobs(state.bucket, role, ["s3:PutObject", "s3:AbortMultipartUpload"]);
}

function allowOnBlobs(bucket: State["bucket"], role: Role, actions: readonly string[]): void {
  const objects = `${bucket.bucketArn}/*`;
  allow(role, actions, objects);
  const reason = "Keys hold names of runs, which nobody knows at deployment; the bucket has nothing else.";
  acknowledgeWildcard(role, objects, reason);
}

export function send(queues: readonly IQueue[], role: Role): void {
  allow(role, ["sqs:SendMessage", "sqs:GetQueueUrl"], ...queues.map((queue) => queue.queueArn));
}

export function receive(queue: IQueue, role: Role): void {
  const actions = [
    "ReceiveMessage",
    "DeleteMessage",
    "ChangeMessageVisibility",
    "GetQueueUrl",
    "GetQueueAttributes",
  ];
  allow(
    role,
    actions.map((action) => `sqs:${action}`),
    queue.queueArn,
  );
}

/** ARN by name, for resources that depend on who is granted access to them. */
export function arn(
  scope: IConstruct,
  service: string,
  resource: string,
  resourceName: string,
  arnFormat: ArnFormat = ArnFormat.SLASH_RESOURCE_NAME,
): string {
  return Stack.of(scope).formatArn({ service, resource, resourceName, arnFormat });
}
