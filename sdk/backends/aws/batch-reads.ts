/** Single items, read together: up to 100 keys a request. Strongly consistent. */
import {
  BatchGetItemCommand,
  type BatchGetItemCommandOutput,
  type DynamoDBClient,
} from "@aws-sdk/client-dynamodb";
import { StorageError } from "../../core/errors.ts";
import { carriedOut, storageFailure } from "./failures.ts";
import { type Asked, chunksOf, Gatherer } from "./gatherer.ts";
import { type Item, keyAttributes, keyOf } from "./items.ts";
import type { Key } from "./key-layout.ts";
import type { Meter } from "./meter.ts";
import { type Pauses, pause, triesMax } from "./pauses.ts";

const keysMax = 100;

interface BatchReadsOptions extends Pauses {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  readonly meter: Meter;
}

interface Question {
  readonly operation: string;
  readonly key: Key;
}

type AskedItem = Asked<Question, Item | null>;

export class BatchReads {
  readonly #options: BatchReadsOptions;
  readonly #gatherer: Gatherer<Question, Item | null>;

  constructor(options: BatchReadsOptions) {
    this.#options = options;
    this.#gatherer = new Gatherer(options.clock, (asked) => this.#readAll(asked));
  }

  read(operation: string, key: Key): Promise<Item | null> {
    return this.#gatherer.ask({ operation, key });
  }

  /** No key may be twice in one request, so those who ask for the same item are answered together. */
  async #readAll(asked: readonly AskedItem[]): Promise<void> {
    const byKey = Map.groupBy(asked, ({ question }) => nameOf(question.key));
    await Promise.all(chunksOf([...byKey.values()], keysMax).map((chunk) => this.#readChunk(chunk)));
  }

  /** A chunk that fails fails those who asked for something in it, and nobody else. */
  async #readChunk(chunk: readonly (readonly AskedItem[])[]): Promise<void> {
    try {
      const keys = chunk.flatMap(([first]) => (first === undefined ? [] : [first.question.key]));
      const operation = chunk[0]?.[0]?.question.operation ?? "read nothing";
      const items = await this.#readItems(operation, keys);
      for (const same of chunk) {
        for (const { question, answer } of same) answer(items.get(nameOf(question.key)) ?? null);
      }
    } catch (error) {
      for (const { question, fail } of chunk.flat()) fail(storageFailure(question.operation, error));
    }
  }

  async #readItems(operation: string, keys: readonly Key[]): Promise<ReadonlyMap<string, Item>> {
    const items = new Map<string, Item>();
    let left: readonly Item[] = keys.map(keyAttributes);
    for (let tries = 1; ; tries += 1) {
      const { Responses, UnprocessedKeys } = await this.#request(operation, left);
      const { tableName } = this.#options;
      for (const item of Responses?.[tableName] ?? []) items.set(nameOf(keyOf(item)), item);
      const unread = UnprocessedKeys?.[tableName]?.Keys ?? [];
      if (unread.length === 0) return items;
      if (tries >= triesMax) throw new StorageError({ operation, cause: "DynamoDB left keys unread" });
      // An answer has a limit of its own: what did not fit is asked for at once.
      if (unread.length === left.length) await pause(this.#options, tries);
      else tries = 1;
      left = unread;
    }
  }

  async #request(operation: string, keys: readonly Item[]): Promise<BatchGetItemCommandOutput> {
    const { client, tableName, meter } = this.#options;
    const command = new BatchGetItemCommand({
      RequestItems: { [tableName]: { Keys: [...keys], ConsistentRead: true } },
      ReturnConsumedCapacity: "TOTAL",
    });
    const output = await carriedOut(operation, client.send(command));
    const units = output.ConsumedCapacity?.[0]?.CapacityUnits ?? 0;
    meter.count({ kind: "dynamodb.BatchGetItem", unit: "rru", units });
    return output;
  }
}

function nameOf({ pk, sk }: Key): string {
  return `${pk}\n${sk}`;
}
