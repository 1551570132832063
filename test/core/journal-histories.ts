/** Journals as executors write them: several epochs, attempts, and fenced ones that go on appending for a while. */
import fc from "fast-check";
import { resolveJournal } from "../../sdk/core/journal.ts";
import type { JournalBatch, LogPosition, TraceRecord } from "../../sdk/core/records.ts";
import { aBatch, anError, aTrace, aValue } from "../support/records.ts";

type Event =
  /** A new executor claims the action and reads the journal. */
  | { readonly kind: "claim" }
  /** The executor `back` claims before the latest, fenced unless that is 0, appends a batch. */
  | { readonly kind: "append"; readonly back: number; readonly records: readonly TraceRecord[] }
  /** The current executor's attempt fails, and a new executor begins the next. */
  | { readonly kind: "fail" };

interface Executor {
  readonly epoch: number;
  readonly base: LogPosition;
  /** The batches of its attempt that it stands on: those it read and those it wrote. */
  readonly log: JournalBatch[];
  hasWritten: boolean;
}

export interface JournalHistory {
  readonly batches: readonly JournalBatch[];
  readonly base: LogPosition;
  /** The log of the highest epoch that wrote in the current attempt, as that executor knew it. */
  readonly expectedChain: readonly JournalBatch[];
  /** Batches that the failed attempts before stood on at their ends. */
  readonly earlier: readonly JournalBatch[];
}

const traceIds = ["t1", "t2", "t3", "t4", "t5", "t6"];

const records: fc.Arbitrary<readonly TraceRecord[]> = fc.array(
  fc
    .record({ id: fc.constantFrom(...traceIds), isError: fc.boolean(), isWithin: fc.boolean() })
    .map(({ id, isError, isWithin }) =>
      aTrace({ id, outcome: isError ? anError(id) : aValue(), within: isWithin ? "t0" : null }),
    ),
  { minLength: 1, maxLength: 3 },
);

const events: fc.Arbitrary<Event> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("claim" as const) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("append" as const),
      back: fc.constantFrom(0, 0, 0, 1, 2),
      records,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("fail" as const) }) },
);

/** Journals of up to 40 events. */
export const journalHistories: fc.Arbitrary<JournalHistory> = fc
  .array(events, { maxLength: 40 })
  .map(historyOf);

function historyOf(sequence: readonly Event[]): JournalHistory {
  const batches: JournalBatch[] = [];
  const earlier: JournalBatch[] = [];
  let base: LogPosition = { attempt: 1, index: 0, epoch: 0, at: 0 };
  const executors: Executor[] = [];
  const claim = () => {
    const { chain } = resolveJournal(batches, base);
    executors.push({ epoch: executors.length + 1, base, log: [...chain], hasWritten: false });
  };
  claim();
  for (const event of sequence) {
    const current = executors.at(-1);
    if (current === undefined) throw new Error("There is always an executor.");
    if (event.kind === "claim") claim();
    else if (event.kind === "append") append(batches, executors.at(-1 - event.back), event.records);
    else {
      earlier.push(...current.log);
      const last = current.log.at(-1) ?? base;
      base = { attempt: base.attempt + 1, index: last.index, epoch: last.epoch, at: 0 };
      claim();
    }
  }
  const writer = executors.findLast((one) => one.hasWritten && one.base.attempt === base.attempt);
  return { batches, base, expectedChain: writer?.log ?? [], earlier };
}

function append(
  batches: JournalBatch[],
  executor: Executor | undefined,
  written: readonly TraceRecord[],
): void {
  if (executor === undefined) return;
  const { epoch, base, log } = executor;
  const last = log.at(-1) ?? base;
  const { attempt } = base;
  const batch = aBatch({ epoch, index: last.index + 1, prevEpoch: last.epoch, attempt, records: written });
  batches.push(batch);
  log.push(batch);
  executor.hasWritten = true;
}
