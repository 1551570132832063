import { createHash } from "node:crypto";
import { analyse } from "./analysis.ts";
import { draw, drawBetween } from "./faults.ts";
import type { ServiceOptions } from "./options.ts";
import type { BatchRequest, BatchStatus, ItemResult } from "./protocol.ts";
import { Refusal } from "./refusal.ts";

/** A job takes no timer: what state it is in follows from the clock when someone asks. */
interface Job {
  readonly id: string;
  readonly fingerprint: string;
  readonly results: readonly ItemResult[];
  readonly runsAtMs: number;
  readonly doneAtMs: number;
}

export interface Submission {
  /** Repeated: the idempotency key led to the job of an earlier submission. */
  readonly kind: "accepted" | "repeated";
  readonly job: string;
}

/** The memory of one service process is bounded: at 100 documents a job this is some hundred megabytes. */
const jobsMax = 10_000;

/** The share of a job's time that it waits before it runs. */
const queuedShare = 0.3;

export class Jobs {
  readonly #options: ServiceOptions;
  readonly #nowMs: () => number;
  readonly #byId = new Map<string, Job>();
  readonly #byKey = new Map<string, Job>();
  readonly #countByFingerprint = new Map<string, number>();

  constructor(options: ServiceOptions, nowMs: () => number) {
    this.#options = options;
    this.#nowMs = nowMs;
  }

  /** @throws Refusal for a key that another batch has used, or when the service is full. */
  submit(batch: BatchRequest): Submission {
    const fingerprint = fingerprintOf(batch);
    const key = batch.idempotencyKey;
    const known = key === undefined ? undefined : this.#byKey.get(key);
    if (known !== undefined) {
      if (known.fingerprint === fingerprint) return { kind: "repeated", job: known.id };
      throw new Refusal(409, `The idempotencyKey "${key}" belongs to another batch.`);
    }
    if (this.#byId.size >= jobsMax) throw new Refusal(503, `The service is full with ${jobsMax} jobs.`);
    const job = this.#create(batch, fingerprint);
    this.#byId.set(job.id, job);
    if (key !== undefined) this.#byKey.set(key, job);
    return { kind: "accepted", job: job.id };
  }

  /** @throws Refusal for a job that this service never made. */
  status(id: string): BatchStatus {
    const job = this.#byId.get(id);
    if (job === undefined) throw new Refusal(404, `There is no job "${id}".`);
    const atMs = this.#nowMs();
    if (atMs >= job.doneAtMs) return { state: "done", results: job.results };
    return { state: atMs >= job.runsAtMs ? "running" : "queued" };
  }

  #create(batch: BatchRequest, fingerprint: string): Job {
    const { seed, workMs, itemFailureRate } = this.#options;
    const nth = (this.#countByFingerprint.get(fingerprint) ?? 0) + 1;
    this.#countByFingerprint.set(fingerprint, nth);
    const id = `job-${fingerprint.slice(0, 16)}-${nth}`;
    const lastsMs = drawBetween(workMs, draw(seed, "work", id));
    const acceptedAtMs = this.#nowMs();
    return {
      id,
      fingerprint,
      results: batch.documents.map((document) =>
        draw(seed, "item", document.id) < itemFailureRate
          ? { id: document.id, ok: false, error: "The document could not be read." }
          : analyse(document),
      ),
      runsAtMs: acceptedAtMs + lastsMs * queuedShare,
      doneAtMs: acceptedAtMs + lastsMs,
    };
  }
}

/** Equal for batches of the same documents in the same order, whatever their idempotency key. */
export function fingerprintOf(batch: BatchRequest): string {
  const content = batch.documents.map(({ id, text }) => [id, text]);
  return createHash("sha256").update(JSON.stringify(content)).digest("hex");
}
