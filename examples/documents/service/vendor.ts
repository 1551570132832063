import { setTimeout as wait } from "node:timers/promises";
import { Book, type Counts } from "./counts.ts";
import { callFaults } from "./faults.ts";
import { fingerprintOf, Jobs } from "./jobs.ts";
import type { ServiceOptions } from "./options.ts";
import type { BatchAccepted, BatchRequest, BatchStatus } from "./protocol.ts";
import { rateLimit } from "./rate-limit.ts";
import type { Refusal } from "./refusal.ts";

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The vendor behind the API: takes batches, says how they are doing, and has its bad moments, all of them seeded. */
export class Vendor {
  readonly #book: Book;
  readonly #jobs: Jobs;
  readonly #takeToken: () => number;
  readonly #faultsOf: ReturnType<typeof callFaults>;

  constructor(options: ServiceOptions) {
    const nowMs = (): number => performance.now();
    this.#book = new Book(options.statsFile);
    this.#jobs = new Jobs(options, nowMs);
    this.#takeToken = rateLimit(options.ratePerSecond, options.burst, nowMs);
    this.#faultsOf = callFaults(options);
  }

  async submit(batch: BatchRequest): Promise<Answer> {
    this.#book.submitCalled(batch.documents);
    return this.#withFaults(`submit ${fingerprintOf(batch)}`, () => {
      const submission = this.#jobs.submit(batch);
      this.#book.submitTookEffect(batch.documents, submission.kind);
      this.#book.answered(submission.kind);
      return { status: 202, body: { job: submission.job } satisfies BatchAccepted };
    });
  }

  async poll(job: string): Promise<Answer> {
    this.#jobs.status(job); // Refuses an unknown job, so that the book has lines for real ones only.
    this.#book.pollCalled(job);
    return this.#withFaults(`poll ${job}`, () => {
      this.#book.answered("polled");
      return { status: 200, body: this.#jobs.status(job) satisfies BatchStatus };
    });
  }

  /** The answer to a request that is wrong in itself. */
  refuse({ status, message }: Refusal): Answer {
    this.#book.answered("refused");
    return { status, body: { error: message } };
  }

  counts(): Counts {
    return this.#book.counts();
  }

  /** Brings the file of counts up to date. */
  save(): void {
    this.#book.save();
  }

  async #withFaults(subject: string, effect: () => Answer): Promise<Answer> {
    const stayAwayMs = this.#takeToken();
    if (stayAwayMs > 0) {
      this.#book.answered("rateLimited");
      return {
        status: 429,
        body: { error: "Too many calls; wait as long as Retry-After says." },
        headers: { "retry-after": String(Math.ceil(stayAwayMs / 1000)) },
      };
    }
    // Drawn after the limit, which goes by the clock: else the clock would decide the faults too.
    const faults = this.#faultsOf(subject);
    await wait(faults.latencyMs);
    if (faults.failsBefore) return this.#failed("failedBefore");
    const answer = effect();
    return faults.failsAfter ? this.#failed("failedAfter") : answer;
  }

  #failed(kind: "failedBefore" | "failedAfter"): Answer {
    this.#book.answered(kind);
    return { status: 500, body: { error: "Something went wrong. Please try again." } };
  }
}
