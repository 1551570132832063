/**
 * Small texts that the parts of a stack leave for each other, beside the records of the engine: task tokens of parked runs, and
 * what is known of fleets. One item each, the last one written counts.
 */
import { type DynamoDBClient, GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import type { Clock } from "../../ports.ts";
import { tableAttributes } from "./names.ts";

export interface Notes {
  /** The text of that name, or null; sees every finished write. */
  read(name: string): Promise<string | null>;
  write(name: string, text: string): Promise<void>;
}

export interface NotesTable {
  readonly dynamodb: DynamoDBClient;
  readonly table: string;
  readonly clock: Clock;
}

/** Whoever needs a note writes it anew long before it goes. */
const keptSeconds = 30 * 24 * 3_600;

const { partitionKey, sortKey, expiry } = tableAttributes;
const keyOf = (name: string) => ({ [partitionKey]: { S: `note#${name}` }, [sortKey]: { S: "note" } });

export function notesIn({ dynamodb, table, clock }: NotesTable): Notes {
  return {
    read: async (name) => {
      const { Item } = await dynamodb.send(
        new GetItemCommand({ TableName: table, Key: keyOf(name), ConsistentRead: true }),
      );
      return Item?.text?.S ?? null;
    },
    write: async (name, text) => {
      const expiresS = Math.floor(clock.nowMs() / 1_000) + keptSeconds;
      const attributes = { text: { S: text }, [expiry]: { N: String(expiresS) } };
      await dynamodb.send(new PutItemCommand({ TableName: table, Item: { ...keyOf(name), ...attributes } }));
    },
  };
}
