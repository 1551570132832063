/** The table `mailbox`: one row an append. Who waits for entries is kept in memory. */
import type { ActionId, MailboxEntry } from "../../core/records.ts";
import type { Clock } from "../../ports.ts";
import type { Database } from "./database.ts";
import { Arrivals } from "./mailbox-arrivals.ts";
import { BytesIn, BytesOut, type PackedOutcome, packOutcome, unpackOutcome } from "./store-bytes.ts";
import { checkCount, localLimits } from "./store-limits.ts";

/** A read answers with about so many entries; the reader comes back for the rest. */
const rowsReadMax = 100;

export class Mailbox {
  readonly #database: Database;
  readonly #arrivals: Arrivals;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#arrivals = new Arrivals(clock);
  }

  append(action: ActionId, first: number, entries: readonly MailboxEntry[]): Promise<boolean> {
    const append = () => {
      checkCount("mailbox entries", entries.length, localLimits.mailboxEntriesMax);
      if (this.#endOf(action) !== first) return false;
      if (entries.length === 0) return true;
      const { body, bytes } = packEntries(entries);
      this.#database.statement(insertSql).run(action, first, entries.length, body, bytes);
      return true;
    };
    const committed = (appended: boolean) => {
      if (appended) this.#arrivals.announce(action);
    };
    return this.#database.write(append, committed);
  }

  end(action: ActionId): Promise<number> {
    return this.#database.read(() => this.#endOf(action));
  }

  async read(
    action: ActionId,
    after: number,
    waitMs: number,
    signal?: AbortSignal,
  ): Promise<readonly MailboxEntry[]> {
    // Who waits from before the look misses nothing that arrives after it.
    const isPatient = waitMs > 0 && signal?.aborted !== true;
    const arrival = isPatient ? this.#arrivals.wait(action, waitMs, signal) : null;
    const entries = await this.#database.read(() => this.#entriesFrom(action, after));
    if (arrival === null) return entries;
    if (entries.length > 0) {
      arrival.cancel();
      return entries;
    }
    await arrival.done;
    return this.#database.read(() => this.#entriesFrom(action, after));
  }

  /** Ends all waits, as if their time were over. */
  close(): void {
    this.#arrivals.close();
  }

  #endOf(action: ActionId): number {
    const row = this.#database.statement(endSql).get(action) as { end: number } | undefined;
    return row?.end ?? 0;
  }

  #entriesFrom(action: ActionId, after: number): readonly MailboxEntry[] {
    const rows = this.#database
      .statement(readSql)
      .all(action, action, after, after, rowsReadMax) as unknown as MailboxRow[];
    const entries: MailboxEntry[] = [];
    for (const row of rows) entries.push(...unpackEntries(row).slice(Math.max(0, after - row.first)));
    return entries;
  }
}

interface MailboxRow {
  readonly first: number;
  readonly body: string;
  readonly bytes: Uint8Array | null;
}

const insertSql = "INSERT INTO mailbox (action, first, count, body, bytes) VALUES (?, ?, ?, ?, ?)";
const endSql = "SELECT first + count AS end FROM mailbox WHERE action = ? ORDER BY first DESC LIMIT 1";
/** From the row that holds the position on; the row before it is not read, whatever it holds. */
const readSql = `SELECT first, body, bytes FROM mailbox
  WHERE action = ? AND first >= coalesce((SELECT max(first) FROM mailbox WHERE action = ? AND first <= ?), 0)
  AND first + count > ? ORDER BY first LIMIT ?`;

type PackedEntry = readonly [
  child: string,
  status: MailboxEntry["status"],
  outcome: PackedOutcome,
  endedMs: number,
];

function packEntries(entries: readonly MailboxEntry[]): {
  readonly body: string;
  readonly bytes: Uint8Array | null;
} {
  const out = new BytesOut();
  const packed = entries.map(
    ({ child, status, outcome, endedMs }): PackedEntry => [child, status, packOutcome(outcome, out), endedMs],
  );
  return { body: JSON.stringify(packed), bytes: out.join() };
}

function unpackEntries(row: MailboxRow): MailboxEntry[] {
  const bytes = new BytesIn(row.bytes);
  const packed = JSON.parse(row.body) as readonly PackedEntry[];
  return packed.map(([child, status, outcome, endedMs]) => {
    return { child, status, outcome: unpackOutcome(outcome, bytes), endedMs };
  });
}
