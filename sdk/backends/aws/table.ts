/** Requests to the table, each counted and each with our errors. Reads are strongly consistent unless said otherwise. */
import {
  ConditionalCheckFailedException,
  type ConsumedCapacity,
  type DynamoDBClient,
  PutItemCommand,
  QueryCommand,
  type QueryCommandInput,
} from "@aws-sdk/client-dynamodb";
import { BatchReads } from "./batch-reads.ts";
import { writeBatches } from "./batch-writes.ts";
import { carriedOut } from "./failures.ts";
import { type Item, sizeBytes } from "./items.ts";
import type { Key } from "./key-layout.ts";
import type { Meter } from "./meter.ts";
import type { Pauses } from "./pauses.ts";

export interface TableOptions extends Pauses {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  readonly meter: Meter;
  /** How long after it was written an item may be deleted: longer than any run may take. */
  readonly retentionMs: number;
}

/** What must hold of the item that is there for a write to be done: an expression, and the values it names. */
export interface Condition {
  readonly expression: string;
  readonly values?: Item;
}

export type PutResult = { readonly ok: true } | { readonly ok: false; readonly current: Item | null };

export type QueryInput = Omit<QueryCommandInput, "TableName" | "ReturnConsumedCapacity">;

export class Table {
  readonly #options: TableOptions;
  readonly #reads: BatchReads;

  constructor(options: TableOptions) {
    this.#options = options;
    this.#reads = new BatchReads(options);
  }

  /** The item of each key, or null. What is read in one turn is one request for up to 100 keys. */
  read(operation: string, keys: readonly Key[]): Promise<readonly (Item | null)[]> {
    return Promise.all(keys.map((key) => this.#reads.read(operation, key)));
  }

  /** Writes the item if the condition holds; else answers what is there, without a second read. */
  async put(operation: string, item: Item, condition: Condition | null): Promise<PutResult> {
    const { client, tableName } = this.#options;
    const whole = { ...item, ttl: this.#expiry() };
    const command = new PutItemCommand({
      TableName: tableName,
      Item: whole,
      ReturnConsumedCapacity: "TOTAL",
      ...(condition === null ? {} : conditionFields(condition)),
    });
    try {
      const { ConsumedCapacity } = await client.send(command);
      this.#count("PutItem", "wru", ConsumedCapacity);
      return { ok: true };
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException))
        return await carriedOut(operation, Promise.reject(error));
      // A refused write is billed as the larger of the two items.
      const current = error.Item ?? null;
      const bytes = Math.max(sizeBytes(whole), current === null ? 0 : sizeBytes(current));
      this.#options.meter.count({ kind: "dynamodb.PutItem", unit: "wru", units: Math.ceil(bytes / 1_024) });
      return { ok: false, current };
    }
  }

  /** Writes all of them, in any order, over what is there. */
  async putAll(operation: string, items: readonly Item[]): Promise<void> {
    const ttl = this.#expiry();
    await writeBatches(
      this.#options,
      operation,
      items.map((item) => ({ ...item, ttl })),
    );
  }

  /** Pages of what the query finds, in the order of the sort key. */
  async *query(operation: string, input: QueryInput): AsyncGenerator<readonly Item[]> {
    const { client, tableName } = this.#options;
    let from: Item | undefined;
    do {
      const command = new QueryCommand({
        TableName: tableName,
        ReturnConsumedCapacity: "TOTAL",
        ...(input.IndexName === undefined ? { ConsistentRead: true } : {}),
        ...input,
        ExclusiveStartKey: from,
      });
      const {
        Items = [],
        LastEvaluatedKey,
        ConsumedCapacity,
      } = await carriedOut(operation, client.send(command));
      this.#count("Query", "rru", ConsumedCapacity);
      yield Items;
      from = LastEvaluatedKey;
    } while (from !== undefined);
  }

  /** Everything that the query finds. */
  async queryAll(operation: string, input: QueryInput): Promise<readonly Item[]> {
    const items: Item[] = [];
    for await (const page of this.query(operation, input)) for (const item of page) items.push(item);
    return items;
  }

  #expiry(): { readonly N: string } {
    const { clock, retentionMs } = this.#options;
    return { N: String(Math.ceil((clock.nowMs() + retentionMs) / 1_000)) };
  }

  #count(operation: string, unit: "wru" | "rru", capacity: ConsumedCapacity | undefined): void {
    const units = capacity?.CapacityUnits ?? 0;
    this.#options.meter.count({ kind: `dynamodb.${operation}`, unit, units });
  }
}

function conditionFields({ expression, values }: Condition) {
  return {
    ConditionExpression: expression,
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    ...(values === undefined ? {} : { ExpressionAttributeValues: values }),
  } as const;
}
