/**
 * Finds an action by its id, and knows what the next write needs of it.
 *
 * Ids are hashes. An index on disk in their order would touch a page of its own for each new action, which costs as much
 * as everything else that an action writes. So new ids are kept in memory, and filed in sorted batches of many; after a
 * crash those not filed yet are read back from the end of `actions`.
 *
 * X1. In memory are all actions that are unsettled and all that are not filed.
 * X2. All others are in `filed_ids`.
 */
import type { ActionId, ActionStatus } from "../../core/records.ts";
import type { CommitListener, Database } from "./database.ts";
import { kindCode } from "./store-spec-rows.ts";
import { statusOf } from "./store-state-rows.ts";
import type { AllTotals, RunTotals } from "./store-totals.ts";

export interface IndexedAction {
  readonly seq: number;
  readonly totals: RunTotals;
  kind: number;
  /** Of its state; null, null and 0 while it has none. */
  version: number | null;
  status: ActionStatus | null;
  epoch: number;
  executed: number;
  replayed: number;
  isSettled: boolean;
}

/** Filing begins when so many ids have gathered, and files so many with each commit. */
const filingBatchCount = 20_000;
const filedPerCommitCount = 512;

export class ActionIndex implements CommitListener {
  readonly #database: Database;
  readonly #totals: AllTotals;
  readonly #actions = new Map<ActionId, IndexedAction>();
  #nextSeq = 1;
  #filedUpTo = 0;
  /** In the order of their numbers. */
  #unfiled: ActionId[] = [];
  /** In the order of their ids; null when nothing is being filed. */
  #filing: { readonly ids: readonly ActionId[]; readonly upTo: number; position: number } | null = null;

  constructor(database: Database, totals: AllTotals) {
    this.#database = database;
    this.#totals = totals;
    this.load();
    database.listen(this);
  }

  find(id: ActionId): IndexedAction | null {
    const known = this.#actions.get(id);
    if (known !== undefined) return known;
    const row = this.#database.statement(filedSql).get(id) as IndexRow | undefined;
    return row === undefined ? null : this.#actionOf(row, true);
  }

  /** The place of the next new action. It is used up even if the caller does not come to `add` it. */
  takeSeq(): number {
    return this.#nextSeq++;
  }

  add(id: ActionId, action: IndexedAction): void {
    this.#actions.set(id, action);
    this.#unfiled.push(id);
    this.#totals.keep(action.totals);
  }

  /** Takes a settled action out of what is kept in memory, if it is filed. */
  settle(id: ActionId): void {
    const action = this.#actions.get(id);
    if (action === undefined) return;
    action.isSettled = true;
    if (action.seq <= this.#filedUpTo) this.#actions.delete(id);
  }

  beforeCommit(): void {
    if (this.#filing === null && this.#unfiled.length >= filingBatchCount) this.#startFiling();
    const filing = this.#filing;
    if (filing === null) return;
    const end = Math.min(filing.position + filedPerCommitCount, filing.ids.length);
    for (; filing.position < end; filing.position++) {
      const id = filing.ids[filing.position] as ActionId;
      const action = this.#actions.get(id);
      if (action !== undefined) this.#database.statement(fileIdSql).run(id, action.seq);
    }
    if (end === filing.ids.length) this.#endFiling(filing);
  }

  afterRollback(): void {
    this.load();
  }

  /** Forgets everything, for what is stored. */
  load(): void {
    this.#actions.clear();
    this.#unfiled = [];
    this.#filing = null;
    const { last } = this.#database.statement(lastSeqSql).get() as { last: number };
    this.#nextSeq = last + 1;
    this.#filedUpTo = (this.#database.statement(filedUpToSql).get() as { value: number }).value;
    for (const row of this.#rows(unsettledSql)) this.#actions.set(row.id, this.#actionOf(row, false));
    for (const row of this.#rows(unfiledSql, this.#filedUpTo)) {
      if (!this.#actions.has(row.id)) this.#actions.set(row.id, this.#actionOf(row, true));
      this.#unfiled.push(row.id);
    }
  }

  #startFiling(): void {
    const upTo = this.#nextSeq - 1;
    this.#filing = { ids: this.#unfiled.toSorted(), upTo, position: 0 };
    this.#unfiled = [];
  }

  #endFiling(filing: { readonly ids: readonly ActionId[]; readonly upTo: number }): void {
    this.#database.statement(setFiledUpToSql).run(filing.upTo);
    this.#filedUpTo = filing.upTo;
    this.#filing = null;
    for (const id of filing.ids) {
      if (this.#actions.get(id)?.isSettled === true) this.#actions.delete(id);
    }
  }

  #rows(sql: string, ...parameters: readonly number[]): Iterable<IndexRow> {
    return this.#database.statement(sql).iterate(...parameters) as unknown as Iterable<IndexRow>;
  }

  #actionOf(row: IndexRow, isSettled: boolean): IndexedAction {
    return {
      seq: row.seq,
      totals: this.#totals.of(row.run),
      kind: row.kind,
      version: row.version,
      status: row.status === null ? null : statusOf(row.status),
      epoch: row.epoch ?? 0,
      executed: row.executed ?? 0,
      replayed: row.replayed ?? 0,
      isSettled,
    };
  }
}

interface IndexRow {
  readonly id: string;
  readonly seq: number;
  readonly kind: number;
  readonly run: string;
  readonly version: number | null;
  readonly status: number | null;
  readonly epoch: number | null;
  readonly executed: number | null;
  readonly replayed: number | null;
}

const columns = "a.id, a.seq, a.kind, t.run, s.version, s.status, s.epoch, s.executed, s.replayed";
const joined = "JOIN run_totals t ON t.number = a.run LEFT JOIN states s ON s.seq = a.seq";
const filedSql = `SELECT ${columns} FROM filed_ids f JOIN actions a ON a.seq = f.seq ${joined} WHERE f.id = ?`;
const unsettledSql = `SELECT ${columns} FROM unsettled u JOIN actions a ON a.seq = u.seq ${joined}`;
const unfiledSql = `SELECT ${columns} FROM actions a ${joined} WHERE a.seq > ? ORDER BY a.seq`;
const lastSeqSql = "SELECT coalesce(max(seq), 0) AS last FROM actions";
const fileIdSql = "INSERT OR IGNORE INTO filed_ids (id, seq) VALUES (?, ?)";
export const filedUpToSql = "SELECT value FROM marks WHERE name = 'filed_up_to'";
const setFiledUpToSql = "UPDATE marks SET value = ? WHERE name = 'filed_up_to'";

/** A fresh entry for an action that nothing is stored of yet. */
export function newAction(seq: number, totals: RunTotals, kind: keyof typeof kindCode): IndexedAction {
  return {
    seq,
    totals,
    kind: kindCode[kind],
    version: null,
    status: null,
    epoch: 0,
    executed: 0,
    replayed: 0,
    isSettled: false,
  };
}
