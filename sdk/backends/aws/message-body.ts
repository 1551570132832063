/** Messages as the bodies of SQS messages: MessagePack in base64, as SQS takes nothing but text. */
import type { Message } from "../../core/records.ts";
import { packed, unpacked } from "./items.ts";

/** SQS bills each 64 KB, so a message is one of these. A spec that does not fit is left out, and read by the receiver. */
const bodyCharactersMax = 64 * 1_024;

export interface Sealed {
  readonly message: Message;
  /** Not to be handed out before this time: for delays beyond what SQS keeps. Null for all others. */
  readonly dueMs: number | null;
}

export function writeBody(sealed: Sealed): string {
  const body = textOf(sealed);
  if (body.length <= bodyCharactersMax || sealed.message.spec === null) return body;
  return textOf({ ...sealed, message: { ...sealed.message, spec: null } });
}

function textOf(sealed: Sealed): string {
  const bytes = packed(sealed);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

/** @throws CorruptValueError for a body that this version cannot read. */
export function readBody(body: string): Sealed {
  return unpacked<Sealed>(Buffer.from(body, "base64"));
}
