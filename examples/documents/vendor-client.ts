import { setTimeout as wait } from "node:timers/promises";
import { NonRecoverableError } from "drover";
import type { BatchAccepted, BatchRequest, BatchStatus } from "./service/protocol.ts";

/**
 * Each call is tried this often before the batch fails and is retried as a whole. The waits between are short, so they
 * may hold the slot; the long wait, for the job, is the app's durable `sleep`.
 */
const attemptsMax = 10;
const requestMsMax = 15_000;
const backoffMs = { base: 100, max: 2_000 };
const retryAfterMsMax = 30_000;

/** Submits the batch and returns the name of its job. */
export async function submitBatch(service: string, batch: BatchRequest): Promise<string> {
  const headers = { "content-type": "application/json" };
  const answer = await call(`${service}/batches`, { method: "POST", headers, body: JSON.stringify(batch) });
  return (answer as BatchAccepted).job;
}

/** How the job is doing, with the results when it is done. */
export async function batchStatus(service: string, job: string): Promise<BatchStatus> {
  return (await call(`${service}/batches/${job}`)) as BatchStatus;
}

type Outcome =
  | { readonly kind: "answered"; readonly body: unknown }
  | { readonly kind: "refused"; readonly reason: string }
  /** A limit (429), a fault of the vendor (5xx) or a lost connection. */
  | { readonly kind: "passing"; readonly reason: string; readonly retryAfterMs: number | null };

async function call(url: string, init: RequestInit = {}): Promise<unknown> {
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await callOnce(url, init);
    if (outcome.kind === "answered") return outcome.body;
    if (outcome.kind === "refused") throw new NonRecoverableError(`${url} refused: ${outcome.reason}`);
    if (attempt === attemptsMax) {
      throw new Error(`${url} gave no answer in ${attemptsMax} attempts; the last said: ${outcome.reason}`);
    }
    await wait(outcome.retryAfterMs ?? Math.min(backoffMs.base * 2 ** attempt, backoffMs.max));
  }
}

async function callOnce(url: string, init: RequestInit): Promise<Outcome> {
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(requestMsMax) });
    if (response.ok) return { kind: "answered", body: await response.json() };
    const reason = `${response.status} ${await response.text()}`;
    if (response.status !== 429 && response.status < 500) return { kind: "refused", reason };
    return { kind: "passing", reason, retryAfterMs: retryAfterMs(response.headers) };
  } catch (fault) {
    return { kind: "passing", reason: String(fault), retryAfterMs: null };
  }
}

function retryAfterMs(headers: Headers): number | null {
  const seconds = Number.parseFloat(headers.get("retry-after") ?? "");
  return Number.isNaN(seconds) ? null : Math.min(seconds * 1000, retryAfterMsMax);
}
