/**
 * Mailboxes in the table: an append is an item, its key the position of its first entry.
 *
 * M1. A record is never changed or removed while its run lives. So that a record ends at `first` stays true once it is.
 * M2. A record is written at `first` only where 0 or the end of a record is known to be, and where no record begins there.
 *     By M1 the first half may be found out beforehand, and from anywhere; the second is the condition of the write, and
 *     decides between all who try. Together they say that the mailbox had exactly `first` entries when the write was done.
 *
 * That is one write of the entries' own size. An end marker beside them would have to be written in one transaction with
 * them, which bills both twice. The end is known without a read to whoever wrote the last record, and to whoever has read up
 * to it; anyone else reads the last record.
 */
import { runOf } from "../../core/identity.ts";
import type { ActionId, MailboxEntry } from "../../core/records.ts";
import type { Clock } from "../../ports.ts";
import type { Bodies } from "./bodies.ts";
import { damaged, type Item, keyAttributes, keyOf, numberIn, packed, unpacked } from "./items.ts";
import { firstOf, logOf, mailKey, prefixes } from "./key-layout.ts";
import { awsLimits } from "./limits.ts";
import { Recent } from "./recent.ts";
import type { Condition, Table } from "./table.ts";

const actionsRemembered = 10_000;

/** How often a reader that waits looks again: soon at first, since what it waits for often follows at once. */
const lookMsFirst = 50;
const lookMsMax = 1_000;

const isFree: Condition = { expression: "attribute_not_exists(pk)" };

export class Mailbox {
  readonly #table: Table;
  readonly #bodies: Bodies;
  readonly #clock: Clock;
  /** For each mailbox the latest position at which a record is known to end. */
  readonly #knownEnds = new Recent<number>(actionsRemembered);

  constructor(table: Table, bodies: Bodies, clock: Clock) {
    this.#table = table;
    this.#bodies = bodies;
    this.#clock = clock;
  }

  async append(action: ActionId, first: number, entries: readonly MailboxEntry[]): Promise<boolean> {
    if (entries.length === 0) return (await this.end(action)) === first;
    const isEnd = first === 0 || this.#knownEnds.get(action) === first || (await this.end(action)) === first;
    if (!isEnd) return false;
    const item = {
      ...keyAttributes(mailKey(action, first)),
      n: { N: String(entries.length) },
      ...(await this.#bodies.attributes(runOf(action), packed(entries))),
    };
    const { ok } = await this.#table.put(`append to the mailbox of action ${action}`, item, isFree);
    if (ok) this.#knownEnds.set(action, first + entries.length);
    return ok;
  }

  async end(action: ActionId): Promise<number> {
    const lastFirst = this.#table.query(`look for the end of the mailbox of action ${action}`, {
      KeyConditionExpression: "pk = :pk AND begins_with(sk, :prefix)",
      ExpressionAttributeValues: { ":pk": { S: logOf(action) }, ":prefix": { S: prefixes.mail } },
      ProjectionExpression: "pk, sk, n",
      ScanIndexForward: false,
      Limit: 1,
    });
    for await (const [last] of lastFirst) {
      if (last === undefined) continue;
      const end = firstOf(keyOf(last).sk) + numberIn(last, "n");
      this.#knownEnds.set(action, end);
      return end;
    }
    return 0;
  }

  async read(
    action: ActionId,
    after: number,
    waitMs: number,
    signal?: AbortSignal,
  ): Promise<readonly MailboxEntry[]> {
    const deadlineMs = this.#clock.nowMs() + waitMs;
    for (let lookMs = lookMsFirst; ; lookMs = Math.min(2 * lookMs, lookMsMax)) {
      const entries = await this.#entriesFrom(action, after);
      const leftMs = deadlineMs - this.#clock.nowMs();
      if (entries.length > 0 || leftMs <= 0 || signal?.aborted) return entries;
      await this.#clock.wait(Math.min(lookMs, leftMs), signal);
      if (signal?.aborted) return [];
    }
  }

  /** A page of entries, up to the first position that is missing: a page is not read at one moment. */
  async #entriesFrom(action: ActionId, after: number): Promise<readonly MailboxEntry[]> {
    const pages = this.#table.query(`read the mailbox of action ${action}`, {
      KeyConditionExpression: "pk = :pk AND sk BETWEEN :from AND :to",
      ExpressionAttributeValues: {
        ":pk": { S: logOf(action) },
        ":from": { S: mailKey(action, this.#firstToRead(action, after)).sk },
        ":to": { S: `${prefixes.mail}~` },
      },
    });
    let end = after;
    const entries: MailboxEntry[] = [];
    for await (const page of pages) {
      for (const item of page) {
        const first = firstOf(keyOf(item).sk);
        if (first > end) return entries;
        const some = await this.#entriesIn(item);
        entries.push(...some.slice(end - first));
        end = Math.max(end, first + some.length);
      }
      if (entries.length > 0) {
        this.#knownEnds.set(action, end);
        return entries;
      }
    }
    return entries;
  }

  /** The record that holds a position begins there if another is known to end there, else less than a record before. */
  #firstToRead(action: ActionId, after: number): number {
    if (this.#knownEnds.get(action) === after) return after;
    return Math.max(0, after - awsLimits.mailboxEntriesMax + 1);
  }

  async #entriesIn(item: Item): Promise<readonly MailboxEntry[]> {
    const body = await this.#bodies.of(item);
    if (body === null) throw damaged(item, "its entries are missing");
    return unpacked<readonly MailboxEntry[]>(body);
  }
}
