import { describe, expect, it } from "vitest";
import type { MailboxEntry } from "../../sdk/core/records.ts";
import type { Store } from "../../sdk/ports.ts";
import { anEntry, anError, aValue } from "../support/records.ts";
import {
  expectEndedEarly,
  expectPassed,
  expectSame,
  freshName,
  longWaitMs,
  type Provide,
  untilDone,
  upTo,
} from "./harness.ts";

const requestBytesMax = 2_000_000;

export function mailboxContract(provide: Provide): void {
  describe("mailbox", () => {
    it("a mailbox that nobody wrote to is empty", async () => {
      const { store } = provide();
      const action = `${freshName()}/a0`;
      expect(await store.mailboxEnd(action)).toBe(0);
      expect(await store.readMailbox(action, 0, 0)).toEqual([]);
    });

    it("entries are read back in order and in every field", async () => {
      const { store } = provide();
      const action = `${freshName()}/a0`;
      const entries = [
        anEntry({ child: "r/c1", outcome: aValue(200) }),
        anEntry({ child: "r/c2", status: "failed", outcome: anError() }),
        anEntry({ child: "r/c3", status: "fired", outcome: null }),
        anEntry({ child: "r/c4", status: "aborted", outcome: anError() }),
        anEntry({
          child: "r/c5",
          outcome: { kind: "value", payload: { kind: "blob", key: "k/1", sizeBytes: 9 } },
        }),
      ];
      expect(await store.appendMailbox(action, 0, entries.slice(0, 2))).toBe(true);
      expect(await store.appendMailbox(action, 2, entries.slice(2))).toBe(true);
      expect(await store.mailboxEnd(action)).toBe(5);
      expectSame(await readAll(store, action), entries);
    });

    it("a child that is told twice has two entries", async () => {
      const { store } = provide();
      const action = `${freshName()}/a0`;
      await store.appendMailbox(action, 0, [anEntry()]);
      expect(await store.appendMailbox(action, 1, [anEntry()])).toBe(true);
      expectSame(await readAll(store, action), [anEntry(), anEntry()]);
    });

    it("a reader gets what comes after its position", async () => {
      const { store } = provide();
      const { action, entries } = await filledMailbox(store, 30);
      for (const after of [1, 17, 29]) expectSame(await readAll(store, action, after), entries.slice(after));
      expect(await store.readMailbox(action, 30, 0)).toEqual([]);
      expect(await store.readMailbox(action, 31, 0)).toEqual([]);
    });

    it.each([
      ["beyond the end", 3],
      ["at a position that is taken", 1],
      ["at the beginning again", 0],
    ])("an append %s is refused and changes nothing", async (_, first) => {
      const { store } = provide();
      const { action, entries } = await filledMailbox(store, 2);
      const late = [anEntry({ child: "r/late1" }), anEntry({ child: "r/late2" })];
      expect(await store.appendMailbox(action, first, late)).toBe(false);
      expect(await store.mailboxEnd(action)).toBe(2);
      expectSame(await readAll(store, action), entries);
    });

    it("an append beyond the end of an empty mailbox is refused", async () => {
      const { store } = provide();
      const action = `${freshName()}/a0`;
      expect(await store.appendMailbox(action, 1, [anEntry()])).toBe(false);
      expect(await store.mailboxEnd(action)).toBe(0);
    });

    it("of 20 appends at one position exactly one wins, with all its entries", async () => {
      const { store } = provide();
      const { action, entries } = await filledMailbox(store, 3);
      const candidates = upTo(20).map((n) =>
        upTo(1 + (n % 4)).map((m) => anEntry({ child: `r/c${n}.${m}` })),
      );
      const answers = await Promise.all(candidates.map((some) => store.appendMailbox(action, 3, some)));
      const winners = candidates.filter((_, n) => answers[n]);
      expect(winners).toHaveLength(1);
      expectSame(await readAll(store, action), [...entries, ...(winners[0] ?? [])]);
    });

    it("20 writers who try again after a refusal leave a log without gaps", async () => {
      const { store } = provide();
      const action = `${freshName()}/a0`;
      const written = await Promise.all(
        upTo(20).map((n) => {
          const some = upTo(1 + (n % 3)).map((m) => anEntry({ child: `r/c${n}.${m}` }));
          return untilDone(async () => {
            const first = await store.mailboxEnd(action);
            return (await store.appendMailbox(action, first, some)) ? { first, some } : null;
          });
        }),
      );
      const expected = written.toSorted((a, b) => a.first - b.first).flatMap(({ some }) => some);
      expectSame(await readAll(store, action), expected);
      expect(await store.mailboxEnd(action)).toBe(expected.length);
    });

    it("as many entries as the limit allows, as large as it allows, are appended at once", async () => {
      const { store } = provide();
      const action = `${freshName()}/a0`;
      const count = Math.min(store.limits.mailboxEntriesMax, 200);
      const sizeBytes = Math.min(store.limits.inlineBytesMax, Math.floor(requestBytesMax / count));
      const entries = upTo(count).map((n) => anEntry({ child: `r/c${n}`, outcome: aValue(sizeBytes, n) }));
      expect(await store.appendMailbox(action, 0, entries)).toBe(true);
      expectSame(await readAll(store, action), entries);
    });

    it("some hundred entries stay in order", async () => {
      const { store } = provide();
      const { action, entries } = await filledMailbox(store, 240);
      expectSame(await readAll(store, action), entries);
    });

    it("a reader that waits is woken by an append", async () => {
      const { store, clock } = provide();
      const { action } = await filledMailbox(store, 2);
      const startedMs = clock.nowMs();
      const reading = store.readMailbox(action, 2, longWaitMs);
      await clock.wait(30);
      await store.appendMailbox(action, 2, [anEntry({ child: "r/new" })]);
      expectSame(await reading, [anEntry({ child: "r/new" })]);
      expectEndedEarly(clock, startedMs);
    });

    it("all readers that wait are woken, each by its own mailbox", async () => {
      const { store, clock } = provide();
      const [one, other] = [`${freshName()}/a0`, `${freshName()}/a0`];
      const startedMs = clock.nowMs();
      const readingOne = upTo(3).map(() => store.readMailbox(one, 0, longWaitMs));
      const readingOther = store.readMailbox(other, 0, longWaitMs);
      await clock.wait(30);
      await store.appendMailbox(one, 0, [anEntry({ child: "r/one" })]);
      for (const reading of readingOne) expectSame(await reading, [anEntry({ child: "r/one" })]);
      await store.appendMailbox(other, 0, [anEntry({ child: "r/other" })]);
      expectSame(await readingOther, [anEntry({ child: "r/other" })]);
      expectEndedEarly(clock, startedMs);
    });

    it("a reader does not wait where there is something to read", async () => {
      const { store, clock } = provide();
      const { action } = await filledMailbox(store, 1);
      const startedMs = clock.nowMs();
      expect(await store.readMailbox(action, 0, longWaitMs)).toHaveLength(1);
      expectEndedEarly(clock, startedMs);
    });

    it("a reader that waits in vain is answered an empty list when its time is over", async () => {
      const { store, clock } = provide();
      const startedMs = clock.nowMs();
      expect(await store.readMailbox(`${freshName()}/a0`, 0, 120)).toEqual([]);
      expectPassed(clock, startedMs, 120);
    });

    it("an aborted signal ends the wait of a reader", async () => {
      const { store, clock } = provide();
      const startedMs = clock.nowMs();
      const stop = new AbortController();
      const reading = store.readMailbox(`${freshName()}/a0`, 0, longWaitMs, stop.signal);
      await clock.wait(30);
      stop.abort();
      expect(await reading).toEqual([]);
      expect(await store.readMailbox(`${freshName()}/a0`, 0, longWaitMs, stop.signal)).toEqual([]);
      expectEndedEarly(clock, startedMs);
    });
  });
}

async function filledMailbox(
  store: Store,
  count: number,
): Promise<{ readonly action: string; readonly entries: readonly MailboxEntry[] }> {
  const action = `${freshName()}/a0`;
  const entries = upTo(count).map((n) => anEntry({ child: `r/c${n}`, endedMs: 1_000 + n }));
  const perAppend = Math.min(store.limits.mailboxEntriesMax, 12);
  for (let first = 0; first < count; first += perAppend) {
    await store.appendMailbox(action, first, entries.slice(first, first + perAppend));
  }
  return { action, entries };
}

/** All entries from a position on: one answer may hold only the first of them. */
async function readAll(store: Store, action: string, after = 0): Promise<readonly MailboxEntry[]> {
  const entries: MailboxEntry[] = [];
  for (;;) {
    const some = await store.readMailbox(action, after + entries.length, 0);
    if (some.length === 0) return entries;
    entries.push(...some);
  }
}
