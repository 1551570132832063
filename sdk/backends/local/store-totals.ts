/**
 * How many actions of each run have which status, kept up as they change and written once a commit. So to summarise a run is
 * to read one row, in any process and for any number of actions. Timers do not count.
 */
import type { ActionStatus } from "../../core/records.ts";
import type { CommitListener, Database } from "./database.ts";

export interface RunTotals {
  /** The run, as a number that its actions are stored with. */
  readonly number: number;
  readonly run: string;
  readonly counts: Record<ActionStatus, number>;
  executed: number;
  replayed: number;
}

export interface TotalsRow extends Readonly<Record<ActionStatus, number>> {
  readonly number: number;
  readonly run: string;
  readonly executed: number;
  readonly replayed: number;
}

/** What one write to a state changes. Null: there was, or is, nothing to count. */
export interface TotalsChange {
  readonly from: ActionStatus | null;
  readonly to: ActionStatus | null;
  readonly executed: number;
  readonly replayed: number;
}

export class AllTotals implements CommitListener {
  readonly #database: Database;
  /** One object a run for ever: whoever holds it sees it change. */
  readonly #known = new Map<string, RunTotals>();
  readonly #changed = new Set<RunTotals>();
  #nextNumber = 1;

  constructor(database: Database) {
    this.#database = database;
    this.load();
    database.listen(this);
  }

  /** Forgets everything, for what is stored. */
  load(): void {
    this.#known.clear();
    this.#changed.clear();
    const { last } = this.#database.statement(lastNumberSql).get() as { last: number };
    this.#nextNumber = last + 1;
  }

  of(run: string): RunTotals {
    const known = this.#known.get(run);
    if (known !== undefined) return known;
    const row = this.#database.statement(totalsSql).get(run) as TotalsRow | undefined;
    const totals = row === undefined ? emptyTotals(run, this.#nextNumber++) : totalsOf(row);
    this.#known.set(run, totals);
    return totals;
  }

  /** The run has something now, if only a number of its own. */
  keep(totals: RunTotals): void {
    this.#changed.add(totals);
  }

  change(totals: RunTotals, { from, to, executed, replayed }: TotalsChange): void {
    if (from !== null) totals.counts[from] -= 1;
    if (to !== null) totals.counts[to] += 1;
    totals.executed += executed;
    totals.replayed += replayed;
    this.#changed.add(totals);
  }

  beforeCommit(): void {
    for (const { number, run, counts: c, executed, replayed } of this.#changed) {
      const statuses = [c.queued, c.running, c.suspended, c.succeeded, c.failed, c.aborted];
      this.#database.statement(putTotalsSql).run(number, run, ...statuses, executed, replayed);
    }
  }

  afterCommit(): void {
    this.#changed.clear();
  }

  afterRollback(): void {
    this.load();
  }
}

const lastNumberSql = "SELECT coalesce(max(number), 0) AS last FROM run_totals";
export const totalsSql = "SELECT * FROM run_totals WHERE run = ?";
const putTotalsSql = `INSERT INTO run_totals
  (number, run, queued, running, suspended, succeeded, failed, aborted, executed, replayed)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (number) DO UPDATE SET queued = excluded.queued, running = excluded.running,
  suspended = excluded.suspended, succeeded = excluded.succeeded, failed = excluded.failed,
  aborted = excluded.aborted, executed = excluded.executed, replayed = excluded.replayed`;

function emptyTotals(run: string, number: number): RunTotals {
  const counts = { queued: 0, running: 0, suspended: 0, succeeded: 0, failed: 0, aborted: 0 };
  return { number, run, counts, executed: 0, replayed: 0 };
}

function totalsOf(row: TotalsRow): RunTotals {
  const { number, run, executed, replayed, queued, running, suspended, succeeded, failed, aborted } = row;
  const counts = { queued, running, suspended, succeeded, failed, aborted };
  return { number, run, counts, executed, replayed };
}
