/**
 * The mailbox as its reader sees it. Entries come in one order for ever; the same child may be told twice, and only
 * its first entry is delivered.
 */
import type { ActionId, MailboxEntry } from "./records.ts";

export class MailboxView {
  readonly #entries: MailboxEntry[] = [];
  readonly #firstAt = new Map<ActionId, number>();

  get end(): number {
    return this.#entries.length;
  }

  /** Adds entries read from position `first` on; what is known already is skipped. */
  add(first: number, entries: readonly MailboxEntry[]): void {
    if (first > this.#entries.length) throw new Error(`Mailbox read has a gap at ${this.#entries.length}.`);
    for (const entry of entries.slice(this.#entries.length - first)) {
      if (!this.#firstAt.has(entry.child)) this.#firstAt.set(entry.child, this.#entries.length);
      this.#entries.push(entry);
    }
  }

  /** The entry at a position, or null where it repeats an earlier one or nothing is there yet. */
  at(position: number): MailboxEntry | null {
    const entry = this.#entries[position];
    return entry !== undefined && this.#firstAt.get(entry.child) === position ? entry : null;
  }

  /** What has been said of a child before `position`, or null. */
  before(position: number, child: ActionId): MailboxEntry | null {
    const at = this.#firstAt.get(child);
    return at !== undefined && at < position ? (this.#entries[at] ?? null) : null;
  }
}
