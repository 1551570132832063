/** The table `journal`: one row a batch. */
import type { ActionId, JournalBatch, TraceRecord } from "../../core/records.ts";
import type { Database } from "./database.ts";
import { BytesIn, BytesOut, type PackedOutcome, packOutcome, unpackOutcome } from "./store-bytes.ts";
import type { ActionIndex } from "./store-index.ts";
import { checkCount, localLimits } from "./store-limits.ts";

export class Journal {
  readonly #database: Database;
  readonly #index: ActionIndex;

  constructor(database: Database, index: ActionIndex) {
    this.#database = database;
    this.#index = index;
  }

  /** False when the action is in a later epoch already. The same batch again changes nothing. */
  append(batch: JournalBatch): Promise<boolean> {
    return this.#database.write(() => {
      checkCount("records", batch.records.length, localLimits.journalBatchRecordsMax);
      const current = this.#index.find(batch.action);
      if (current !== null && current.epoch > batch.epoch) return false;
      const { body, bytes } = packBatch(batch);
      this.#database.statement(insertSql).run(batch.action, batch.epoch, batch.index, body, bytes);
      return true;
    });
  }

  read(action: ActionId): Promise<readonly JournalBatch[]> {
    return this.#database.read(() => {
      const rows = this.#database.statement(readSql).all(action) as unknown as JournalRow[];
      return rows.map((row) => unpackBatch(action, row));
    });
  }
}

interface JournalRow {
  readonly epoch: number;
  readonly idx: number;
  readonly body: string;
  readonly bytes: Uint8Array | null;
}

const insertSql = "INSERT OR IGNORE INTO journal (action, epoch, idx, body, bytes) VALUES (?, ?, ?, ?, ?)";
const readSql = "SELECT epoch, idx, body, bytes FROM journal WHERE action = ? ORDER BY epoch, idx";

type PackedTrace = readonly [
  id: string,
  name: string,
  ordinal: number,
  step: number | null,
  within: string | null,
  group: string | null,
  outcome: PackedOutcome,
  startedMs: number,
  endedMs: number,
];

type BatchBody = readonly [
  prevEpoch: number,
  attempt: number,
  at: number,
  nowMs: number,
  records: readonly PackedTrace[],
];

function packBatch(batch: JournalBatch): { readonly body: string; readonly bytes: Uint8Array | null } {
  const out = new BytesOut();
  const records = batch.records.map((record) => packTrace(record, out));
  const body: BatchBody = [batch.prevEpoch, batch.attempt, batch.at, batch.nowMs, records];
  return { body: JSON.stringify(body), bytes: out.join() };
}

function unpackBatch(action: ActionId, row: JournalRow): JournalBatch {
  const [prevEpoch, attempt, at, nowMs, packed] = JSON.parse(row.body) as BatchBody;
  const bytes = new BytesIn(row.bytes);
  const records = packed.map((trace) => unpackTrace(trace, bytes));
  return { action, epoch: row.epoch, index: row.idx, prevEpoch, attempt, at, nowMs, records };
}

function packTrace(record: TraceRecord, out: BytesOut): PackedTrace {
  const { id, name, ordinal, step, within, group, startedMs, endedMs } = record;
  return [id, name, ordinal, step, within, group, packOutcome(record.outcome, out), startedMs, endedMs];
}

function unpackTrace(packed: PackedTrace, bytes: BytesIn): TraceRecord {
  const [id, name, ordinal, step, within, group, packedOutcome, startedMs, endedMs] = packed;
  const outcome = unpackOutcome(packedOutcome, bytes);
  if (outcome === null) throw new Error(`Broken invariant: the stored trace ${id} has no outcome.`);
  return { id, name, ordinal, step, within, group, outcome, startedMs, endedMs };
}
