import { writeWholeFile } from "../write-whole-file.ts";
import type { SubmittedDocument } from "./protocol.ts";

/** The service's own books, since it started. They are what a test believes, not what a customer says it has sent. */
export interface Counts {
  readonly calls: { readonly submit: number; readonly poll: number };
  readonly answers: Readonly<Record<AnswerKind, number>>;
  /** By document id. */
  readonly documents: Readonly<Record<string, DocumentCounts>>;
  /** Polls by job, whatever they were answered. */
  readonly polls: Readonly<Record<string, number>>;
}

export interface DocumentCounts {
  /** Well-formed submits that carried the document, whatever they were answered. */
  readonly calls: number;
  /** Those of them that made a job. */
  readonly accepted: number;
  /** Those that found the job of an earlier one by its idempotency key. */
  readonly repeated: number;
}

const answerKinds = [
  "accepted",
  "repeated",
  "polled",
  "refused",
  "rateLimited",
  "failedBefore",
  "failedAfter",
] as const;
export type AnswerKind = (typeof answerKinds)[number];

/** The file trails the counts by at most this, unless the service is killed. */
const saveDelayMs = 100;

export class Book {
  readonly #calls = { submit: 0, poll: 0 };
  readonly #answers = new Map<AnswerKind, number>(answerKinds.map((kind) => [kind, 0]));
  readonly #documents = new Map<string, { calls: number; accepted: number; repeated: number }>();
  readonly #polls = new Map<string, number>();
  readonly #file: string | null;
  #saving: NodeJS.Timeout | null = null;

  constructor(file: string | null) {
    this.#file = file;
    this.save();
  }

  submitCalled(documents: readonly SubmittedDocument[]): void {
    this.#calls.submit += 1;
    for (const { id } of documents) this.#document(id).calls += 1;
    this.#saveSoon();
  }

  submitTookEffect(documents: readonly SubmittedDocument[], effect: "accepted" | "repeated"): void {
    for (const { id } of documents) this.#document(id)[effect] += 1;
    this.#saveSoon();
  }

  pollCalled(job: string): void {
    this.#calls.poll += 1;
    this.#polls.set(job, (this.#polls.get(job) ?? 0) + 1);
    this.#saveSoon();
  }

  answered(kind: AnswerKind): void {
    this.#answers.set(kind, (this.#answers.get(kind) ?? 0) + 1);
    this.#saveSoon();
  }

  counts(): Counts {
    return {
      calls: { ...this.#calls },
      answers: Object.fromEntries(this.#answers) as Record<AnswerKind, number>,
      documents: Object.fromEntries(structuredClone(this.#documents)),
      polls: Object.fromEntries(this.#polls),
    };
  }

  /** Writes the file now, when there is one. */
  save(): void {
    if (this.#saving !== null) clearTimeout(this.#saving);
    this.#saving = null;
    if (this.#file !== null) writeWholeFile(this.#file, `${JSON.stringify(this.counts())}\n`);
  }

  #saveSoon(): void {
    if (this.#file === null || this.#saving !== null) return;
    this.#saving = setTimeout(() => this.save(), saveDelayMs);
  }

  #document(id: string): { calls: number; accepted: number; repeated: number } {
    const known = this.#documents.get(id);
    if (known !== undefined) return known;
    const fresh = { calls: 0, accepted: 0, repeated: 0 };
    this.#documents.set(id, fresh);
    return fresh;
  }
}
