import type { IncomingMessage } from "node:http";
import { type BatchRequest, documentsPerBatchMax, type SubmittedDocument } from "./protocol.ts";
import { Refusal } from "./refusal.ts";

const bodyBytesMax = 32 * 1024 * 1024;
const idLengthMax = 1_024;
const keyLengthMax = 200;

/** The JSON body. @throws Refusal when it is not JSON, says that it is not, or is too large. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  // A web page can send other types across origins without asking; JSON makes the browser ask, and nobody answers.
  if (!/^application\/json\b/i.test(request.headers["content-type"] ?? "")) {
    throw new Refusal(415, "The body has to be sent with content-type application/json.");
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bodyBytesMax) throw new Refusal(413, `The body is over ${bodyBytesMax} bytes; send less.`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    throw new Refusal(400, "The body is not valid JSON.");
  }
}

/** The batch in a body. @throws Refusal that says which part is wrong. */
export function batchIn(body: unknown): BatchRequest {
  if (!isRecord(body) || !Array.isArray(body.documents)) {
    throw new Refusal(400, 'The body has to be an object with a list "documents".');
  }
  const count = body.documents.length;
  if (count < 1 || count > documentsPerBatchMax) {
    throw new Refusal(400, `The batch has ${count} documents; 1 to ${documentsPerBatchMax} are allowed.`);
  }
  const documents = body.documents.map(documentIn);
  if (new Set(documents.map(({ id }) => id)).size < count) {
    throw new Refusal(400, "Two documents of the batch have the same id.");
  }
  const key = body.idempotencyKey;
  if (key === undefined) return { documents };
  if (!isText(key, 1, keyLengthMax)) {
    throw new Refusal(400, `idempotencyKey has to be a text of 1 to ${keyLengthMax} characters.`);
  }
  return { documents, idempotencyKey: key };
}

function documentIn(value: unknown, index: number): SubmittedDocument {
  if (!isRecord(value) || !isText(value.id, 1, idLengthMax) || typeof value.text !== "string") {
    throw new Refusal(400, `documents[${index}] needs an id of 1 to ${idLengthMax} characters and a text.`);
  }
  return { id: value.id, text: value.text };
}

function isText(value: unknown, lengthMin: number, lengthMax: number): value is string {
  return typeof value === "string" && value.length >= lengthMin && value.length <= lengthMax;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
