/** Items written over what is there, up to 25 a request, until DynamoDB has taken all of them. */
import { BatchWriteItemCommand, type DynamoDBClient, type WriteRequest } from "@aws-sdk/client-dynamodb";
import { StorageError } from "../../core/errors.ts";
import { carriedOut } from "./failures.ts";
import { chunksOf } from "./gatherer.ts";
import type { Item } from "./items.ts";
import type { Meter } from "./meter.ts";
import { type Pauses, pause, triesMax } from "./pauses.ts";

const itemsMax = 25;

interface BatchWritesOptions extends Pauses {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  readonly meter: Meter;
}

/** Resolves when all items are durable. Each has another key. */
export async function writeBatches(
  options: BatchWritesOptions,
  operation: string,
  items: readonly Item[],
): Promise<void> {
  const writes = items.map((item): WriteRequest => ({ PutRequest: { Item: { ...item } } }));
  await Promise.all(chunksOf(writes, itemsMax).map((chunk) => writeBatch(options, operation, chunk)));
}

async function writeBatch(
  options: BatchWritesOptions,
  operation: string,
  writes: readonly WriteRequest[],
): Promise<void> {
  const { client, tableName, meter } = options;
  let left = writes;
  for (let tries = 1; ; tries += 1) {
    const command = new BatchWriteItemCommand({
      RequestItems: { [tableName]: [...left] },
      ReturnConsumedCapacity: "TOTAL",
    });
    const { UnprocessedItems, ConsumedCapacity } = await carriedOut(operation, client.send(command));
    const units = ConsumedCapacity?.[0]?.CapacityUnits ?? 0;
    meter.count({ kind: "dynamodb.BatchWriteItem", unit: "wru", units });
    left = UnprocessedItems?.[tableName] ?? [];
    if (left.length === 0) return;
    if (tries >= triesMax) throw new StorageError({ operation, cause: "DynamoDB left items unwritten" });
    await pause(options, tries);
  }
}
