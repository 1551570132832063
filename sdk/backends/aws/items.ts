/** Items of the table as they come and go, and what is taken out of them. A missing or strange attribute is damage. */
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { decode } from "../../core/codec/decode.ts";
import { encode } from "../../core/codec/encode.ts";
import { CorruptValueError } from "../../core/errors.ts";
import type { Key } from "./key-layout.ts";

export type Item = Readonly<Record<string, AttributeValue>>;

/** Raise it with every change of what is packed, and read the older ones, too. */
const format = 1;

export function keyAttributes({ pk, sk }: Key): Item {
  return { pk: { S: pk }, sk: { S: sk } };
}

export function keyOf(item: Item): Key {
  return { pk: textIn(item, "pk"), sk: textIn(item, "sk") };
}

export function textIn(item: Item, name: string): string {
  const text = item[name]?.S;
  if (text === undefined) throw damaged(item, `attribute ${name} is no string`);
  return text;
}

export function textOrNull(item: Item, name: string): string | null {
  return item[name]?.S ?? null;
}

export function numberIn(item: Item, name: string): number {
  const number = Number(item[name]?.N);
  if (!Number.isFinite(number)) throw damaged(item, `attribute ${name} is no number`);
  return number;
}

/** An attribute with a text, or none for null. */
export function optionalText(name: string, text: string | null): Item {
  return text === null ? {} : { [name]: { S: text } };
}

/** A record as bytes, under the number of its format. */
export function packed(record: object): Uint8Array {
  return encode([format, record], "Record");
}

/**
 * What `packed` was given. Its type is the caller's word: only this backend writes these items.
 *
 * @throws CorruptValueError for another format.
 */
export function unpacked<Packed extends object>(bytes: Uint8Array): Packed {
  const value = decode(bytes);
  if (Array.isArray(value) && value[0] === format && typeof value[1] === "object") return value[1] as Packed;
  throw new CorruptValueError({ problem: "it is no record of this version", offset: 0 });
}

export function headOf<Head extends object>(item: Item): Head {
  const bytes = item.h?.B;
  if (bytes === undefined) throw damaged(item, "attribute h is missing");
  return unpacked<Head>(bytes);
}

export function damaged(item: Item, problem: string): CorruptValueError {
  const { pk, sk } = item;
  return new CorruptValueError({ problem: `${problem} in item ${pk?.S} ${sk?.S}`, offset: 0 });
}

/** About as many bytes as DynamoDB bills for the item. */
export function sizeBytes(item: Item): number {
  let bytes = 0;
  for (const [name, { S, N, B }] of Object.entries(item)) {
    bytes += name.length + (B?.length ?? N?.length ?? Buffer.byteLength(S ?? ""));
  }
  return bytes;
}
