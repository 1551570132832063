/**
 * Small texts that the parts of a stack leave for each other, beside the records of the engine: task tokens of parked runs, and
 * what is known of fleets. One item each, the last one written counts.
 */
import { type DynamoDBClient, GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { PARTITION_KEY, SORT_KEY, TTL_ATTRIBUTE } from "../backends/aws/names.ts";
import type { Clock } from "../ports.ts";
import type { TaskTokens } from "./wake-driver.ts";

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

const keyOf = (name: string) => ({ [PARTITION_KEY]: { S: `note#${name}` }, [SORT_KEY]: { S: "note" } });

export function notesIn({ dynamodb, table, clock }: NotesTable): Notes {
  return {
    read: async (name) => {
      const { Item } = await dynamodb.send(
        new GetItemCommand({ TableName: table, Key: keyOf(name), ConsistentRead: true }),
      );
      return Item?.["text"]?.S ?? null;
    },
    write: async (name, text) => {
      const expiresS = Math.floor(clock.nowMs() / 1_000) + keptSeconds;
      const attributes = { text: { S: text }, [TTL_ATTRIBUTE]: { N: String(expiresS) } };
      await dynamodb.send(new PutItemCommand({ TableName: table, Item: { ...keyOf(name), ...attributes } }));
    },
  };
}

/** Notes that are gone with the process, for tests of those who leave them. */
export function notesInMemory(): Notes {
  const texts = new Map<string, string>();
  return {
    read: async (name) => texts.get(name) ?? null,
    write: async (name, text) => {
      texts.set(name, text);
    },
  };
}

/** The task tokens of parked runs, as notes. */
export function tokensIn(notes: Notes): TaskTokens {
  const nameOf = (run: string) => `token/${run}`;
  return {
    store: (run, token) => notes.write(nameOf(run), token),
    read: (run) => notes.read(nameOf(run)),
  };
}
