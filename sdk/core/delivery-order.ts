/**
 * What an action's code is told next. One order for live execution and replay: batches of journal records, each after
 * the mailbox entries that had been delivered when it was cut, one delivery at a time, the code running to rest between.
 *
 * D1. A record or entry is delivered only to code that has asked for it.
 * D2. While a chain is replayed, the next delivery is the one the chain names; code that comes to rest without having
 *     asked for it has gone another way (it is "stalled").
 * D3. New work starts only when replay has caught up: the chain is delivered, and everything that the chain's writers had
 *     asked for by this position has been asked for again.
 * D4. A mailbox entry that nobody on the chain had asked for is passed over, and known at once when asked for later.
 */
import { isOnChain, type ReplayLog } from "./journal.ts";
import type { MailboxView } from "./mailbox.ts";
import type {
  ActionId,
  ActionSpec,
  JournalBatch,
  LogPosition,
  MailboxEntry,
  TraceRecord,
} from "./records.ts";

export type Step =
  | { readonly kind: "record"; readonly record: TraceRecord; readonly nowMs: number }
  | { readonly kind: "entry"; readonly entry: MailboxEntry }
  /** Nothing more can be delivered until the code asks for this. */
  | { readonly kind: "stalled"; readonly missing: string }
  | { readonly kind: "rest" };

export class DeliveryOrder {
  readonly #mailbox: MailboxView;
  readonly #pending: JournalBatch[];
  readonly #expected: readonly ActionSpec[];
  readonly #expectedById: ReadonlyMap<ActionId, ActionSpec>;
  readonly #asked = new Set<string>();
  #chainLeft: number;
  #expectedFrom = 0;
  #record = 0;
  #position: LogPosition;

  constructor(log: ReplayLog, base: LogPosition, mailbox: MailboxView, children: readonly ActionSpec[]) {
    this.#mailbox = mailbox;
    this.#pending = [...log.chain];
    this.#chainLeft = log.chain.length;
    this.#position = base;
    this.#expected = children
      .filter((spec) => isOnChain(spec, base, log.chain))
      .sort((a, b) => compareAsked(a, b));
    this.#expectedById = new Map(this.#expected.map((spec) => [spec.id, spec]));
  }

  /** Where the code stands: everything up to here has been delivered. */
  get position(): LogPosition {
    return this.#position;
  }

  /** True once new work may start (D3). */
  get isLive(): boolean {
    return this.#chainLeft === 0 && this.#missingChild() === null;
  }

  /** The code asks for a trace, one that is recorded or a new one. */
  askTrace(id: string): void {
    // What is recorded by this executor was asked for here: only a chain needs to be checked.
    if (this.#chainLeft > 0) this.#asked.add(id);
  }

  /** The code asks for a child or timer. */
  askChild(id: ActionId): void {
    this.#asked.add(id);
  }

  /** A batch of this executor has become durable; its records are delivered next. */
  append(batch: JournalBatch): void {
    this.#pending.push(batch);
  }

  /** True if the chain still holds a record of it, or one of the chain's writers had asked for it. */
  isRecorded(id: string): boolean {
    const ahead = this.#pending.slice(0, this.#chainLeft);
    return (
      this.#expectedById.has(id) || ahead.some((batch) => batch.records.some((record) => record.id === id))
    );
  }

  /** Recorded calls that the code should have asked for by now and has not, the first of them. */
  unasked(): string | null {
    for (const batch of this.#pending.slice(0, this.#chainLeft)) {
      const record = batch.records.find((one) => one.within === null && !this.#asked.has(one.id));
      if (record !== undefined) return describeRecord(record);
    }
    const child = this.#missingChild();
    return child === null ? null : describeSpec(child);
  }

  /** The next delivery. While a flush is on its way (`isFlushing`) mailbox entries wait, for its batch was cut first. */
  next(isFlushing: boolean): Step {
    for (;;) {
      const batch = this.#pending[0];
      if (batch !== undefined) {
        const step = this.#position.at < batch.at ? this.#nextEntry() : this.#nextRecord(batch);
        if (step !== null) return step;
        continue;
      }
      const missing = this.#missingChild();
      if (missing !== null) return { kind: "stalled", missing: describeSpec(missing) };
      if (isFlushing || this.#position.at >= this.#mailbox.end) return { kind: "rest" };
      const step = this.#nextEntry();
      if (step !== null) return step;
    }
  }

  #nextEntry(): Step | null {
    const { at } = this.#position;
    const entry = this.#mailbox.at(at);
    if (entry !== null && !this.#asked.has(entry.child)) {
      const missing = this.#expectedBefore(entry.child);
      if (missing !== null) return { kind: "stalled", missing: describeSpec(missing) };
    }
    this.#position = { ...this.#position, at: at + 1 };
    const isDue = entry !== null && this.#asked.has(entry.child); // D1, D4
    return isDue ? { kind: "entry", entry } : null;
  }

  #nextRecord(batch: JournalBatch): Step | null {
    const record = batch.records[this.#record];
    if (record === undefined) {
      this.#leave(batch);
      return null;
    }
    const isReplayed = this.#chainLeft > 0;
    if (isReplayed && record.within !== null) {
      this.#record += 1;
      return null;
    }
    if (isReplayed && !this.#asked.has(record.id)) {
      return { kind: "stalled", missing: describeRecord(record) }; // D2
    }
    this.#record += 1;
    this.#enter(batch);
    if (isReplayed) this.#skipInner(batch);
    return { kind: "record", record, nowMs: batch.nowMs };
  }

  /** What the code does after the last record of the chain is new already: nobody can tell whether it was done before. */
  #skipInner(batch: JournalBatch): void {
    while ((batch.records[this.#record]?.within ?? null) !== null) this.#record += 1;
    if (this.#record === batch.records.length) this.#leave(batch);
  }

  #leave(batch: JournalBatch): void {
    this.#pending.shift();
    this.#chainLeft = Math.max(0, this.#chainLeft - 1);
    this.#record = 0;
    this.#enter(batch);
  }

  /** From its first delivery on, what the code asks for depends on this batch. */
  #enter(batch: JournalBatch): void {
    if (this.#position.index === batch.index) return;
    this.#position = { ...this.#position, index: batch.index, epoch: batch.epoch };
  }

  /** The first child that should have been asked for at this position (D3). */
  #missingChild(): ActionSpec | null {
    for (; this.#expectedFrom < this.#expected.length; this.#expectedFrom += 1) {
      const spec = this.#expected[this.#expectedFrom];
      if (spec === undefined || this.#asked.has(spec.id)) continue;
      return this.#isReached(spec) ? spec : null;
    }
    return null;
  }

  #expectedBefore(child: ActionId): ActionSpec | null {
    const spec = this.#expectedById.get(child);
    return spec !== undefined && this.#isReached(spec) ? spec : null;
  }

  #isReached(spec: ActionSpec): boolean {
    const { asked } = spec;
    return asked !== null && asked.index <= this.#position.index && asked.at <= this.#position.at;
  }
}

function compareAsked(a: ActionSpec, b: ActionSpec): number {
  const one = a.asked as LogPosition;
  const two = b.asked as LogPosition;
  return one.index - two.index || one.at - two.at;
}

function describeRecord(record: TraceRecord): string {
  const step = record.step === null ? "" : `, step ${record.step + 1}`;
  return `trace "${record.name}" (call ${record.ordinal}${step})`;
}

function describeSpec(spec: ActionSpec): string {
  return spec.kind === "timer"
    ? `sleep (call ${spec.ordinal})`
    : `task "${spec.name}" (call ${spec.ordinal})`;
}
