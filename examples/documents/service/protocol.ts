/**
 * What the vendor and its customers say to each other, as JSON over HTTP:
 *
 * | call | answer |
 * |---|---|
 * | `POST /batches` with a `BatchRequest` | 202 and `{ job }` |
 * | `GET /batches/:job` | 200 and a `BatchStatus` |
 * | `GET /stats` | 200 and a `Counts` (see counts.ts); never limited, never faulty |
 * | `GET /health` | 200 and `{ service: "documents", seed, pid }` |
 *
 * Every refusal carries `{ error }`: 400 bad input, 404 unknown, 405 method, 409 idempotency key used for another batch,
 * 413 body too large, 415 not JSON, 429 with `Retry-After` in seconds, 500 the vendor's own fault, 503 the service is full.
 */

export interface SubmittedDocument {
  /** Names the document within its batch; 1 to 1,024 characters. */
  readonly id: string;
  readonly text: string;
}

export interface BatchRequest {
  /** 1 to 100 documents, ids unique. */
  readonly documents: readonly SubmittedDocument[];
  /** A batch sent again under its key answers with the job that the first one made. 1 to 200 characters. */
  readonly idempotencyKey?: string;
}

export interface BatchAccepted {
  readonly job: string;
}

export type BatchStatus =
  | { readonly state: "queued" | "running" }
  | { readonly state: "done"; readonly results: readonly ItemResult[] };

export type ItemResult = ItemSuccess | ItemFailure;

export interface ItemSuccess {
  readonly id: string;
  readonly ok: true;
  readonly words: number;
  /** Most frequent word of four letters or more, ties to the first in the alphabet; null when there is none. */
  readonly topWord: string | null;
  readonly language: string | null;
  /** SPDX name of the licence that the text states; null when none is recognised. */
  readonly licence: string | null;
  /** SHA-256 of the text in UTF-8, hexadecimal. */
  readonly digest: string;
}

export interface ItemFailure {
  readonly id: string;
  readonly ok: false;
  readonly error: string;
}

export const documentsPerBatchMax = 100;
