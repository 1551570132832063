/** The stream of the table, read for what the Changes port tells: states that have ended. */
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { type ActionState, isEnded } from "../../core/records.ts";
import type { Bodies } from "./bodies.ts";
import { type Item, keyOf } from "./items.ts";
import { prefixes } from "./key-layout.ts";
import { stateOf, statusIn } from "./state-item.ts";

/** An attribute as Lambda hands it over: bytes in base64. */
export interface StreamAttribute {
  readonly S?: string;
  readonly N?: string;
  readonly B?: string;
}

/** A record of the stream as Lambda hands it over. The stream has the view `NEW_IMAGE`. */
export interface StreamRecord {
  readonly eventName?: string;
  readonly dynamodb?: { readonly NewImage?: Readonly<Record<string, StreamAttribute>> };
}

/** The states among the records that have ended. An ended state never changes, so each is here once, unless read again. */
export async function endedStatesIn(
  records: readonly StreamRecord[],
  bodies: Bodies,
): Promise<readonly ActionState[]> {
  const items = records.map(({ dynamodb }) => itemOf(dynamodb?.NewImage ?? {})).filter(isEndedState);
  return await Promise.all(items.map((item) => stateOf(item, bodies)));
}

function isEndedState(item: Item): boolean {
  return item.pk !== undefined && keyOf(item).sk.startsWith(prefixes.state) && isEnded(statusIn(item));
}

function itemOf(image: Readonly<Record<string, StreamAttribute>>): Item {
  return Object.fromEntries(Object.entries(image).map(([name, attribute]) => [name, attributeOf(attribute)]));
}

function attributeOf({ S, N, B }: StreamAttribute): AttributeValue {
  if (S !== undefined) return { S };
  return N === undefined ? { B: Buffer.from(B ?? "", "base64") } : { N };
}
