/** The table as a stack makes it. */
import { CreateTableCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { runsIndex, tableAttributes } from "../../../sdk/backends/aws/names.ts";

export async function createTable(client: DynamoDBClient, TableName: string): Promise<void> {
  const { partitionKey, sortKey } = tableAttributes;
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [
        { AttributeName: partitionKey, AttributeType: "S" },
        { AttributeName: sortKey, AttributeType: "S" },
        { AttributeName: runsIndex.partitionKey, AttributeType: "S" },
        { AttributeName: runsIndex.sortKey, AttributeType: "S" },
      ],
      KeySchema: keySchema(partitionKey, sortKey),
      GlobalSecondaryIndexes: [
        {
          IndexName: runsIndex.name,
          KeySchema: keySchema(runsIndex.partitionKey, runsIndex.sortKey),
          Projection: { ProjectionType: "ALL" },
        },
      ],
      StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_IMAGE" },
    }),
  );
}

function keySchema(partitionKey: string, sortKey: string) {
  return [
    { AttributeName: partitionKey, KeyType: "HASH" as const },
    { AttributeName: sortKey, KeyType: "RANGE" as const },
  ];
}
