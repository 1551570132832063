import { describe, expect, it } from "vitest";
import type { JournalBatch } from "../../sdk/core/records.ts";
import type { Store } from "../../sdk/ports.ts";
import { aBatch, anError, aState, aTrace, aValue } from "../support/records.ts";
import { expectSame, freshName, type Provide, upTo } from "./harness.ts";

export function journalContract(provide: Provide): void {
  describe("journal", () => {
    it("an action that has written nothing has an empty journal", async () => {
      expect(await provide().store.readJournal(`${freshName()}/a0`)).toEqual([]);
    });

    it("a batch is read back in every field", async () => {
      const { store } = provide();
      const action = await runningAction(store);
      const batch = aBatch({
        action,
        at: 4,
        records: [
          aTrace({ id: "t1", name: "größe ½", group: "erste Hälfte", ordinal: 3 }),
          aTrace({ id: "t2:0", step: 0, within: "t1", outcome: aValue(0) }),
          aTrace({ id: "t3", outcome: anError() }),
          aTrace({
            id: "t4",
            outcome: { kind: "value", payload: { kind: "blob", key: "k/1", sizeBytes: 9 } },
          }),
        ],
      });
      expect(await store.appendJournal(batch)).toBe(true);
      expectSame(await store.readJournal(action), [batch]);
    });

    it("a batch without records is kept", async () => {
      const { store } = provide();
      const action = await runningAction(store);
      const batch = aBatch({ action, records: [] });
      await store.appendJournal(batch);
      expectSame(await store.readJournal(action), [batch]);
    });

    it("writing a batch again changes nothing", async () => {
      const { store } = provide();
      const action = await runningAction(store);
      const batch = aBatch({ action });
      expect(await store.appendJournal(batch)).toBe(true);
      expect(await store.appendJournal(batch)).toBe(true);
      await Promise.all(upTo(5).map(() => store.appendJournal(batch)));
      expectSame(await store.readJournal(action), [batch]);
    });

    it("two epochs at one index are both kept", async () => {
      const { store } = provide();
      const action = await runningAction(store);
      const older = aBatch({ action, epoch: 1, records: [aTrace({ id: "older" })] });
      expect(await store.appendJournal(older)).toBe(true);
      await store.writeState(aState({ id: action, version: 2, epoch: 2 }), 1);
      const newer = aBatch({ action, epoch: 2, records: [aTrace({ id: "newer" })] });
      expect(await store.appendJournal(newer)).toBe(true);
      expectSame(inOrder(await store.readJournal(action)), [older, newer]);
    });

    it("what a fenced epoch writes late takes nothing away", async () => {
      const { store } = provide();
      const action = await runningAction(store);
      const first = aBatch({ action });
      await store.appendJournal(first);
      await store.writeState(aState({ id: action, version: 2, epoch: 2 }), 1);
      const next = aBatch({ action, epoch: 2, index: 2, prevEpoch: 1 });
      await store.appendJournal(next);
      const late = aBatch({ action, epoch: 1, index: 2, prevEpoch: 1, records: [aTrace({ id: "late" })] });
      const wasTaken = await store.appendJournal(late);
      expectSame(inOrder(await store.readJournal(action)), wasTaken ? [first, late, next] : [first, next]);
    });

    it("batches written at once, in any order, are all there", async () => {
      const { store } = provide();
      const action = await runningAction(store);
      const batches = upTo(40).map((n) =>
        aBatch({ action, index: n + 1, prevEpoch: 1, records: [aTrace({ id: `t${n}` })] }),
      );
      const answers = await Promise.all(batches.toReversed().map((batch) => store.appendJournal(batch)));
      expect(answers).toEqual(batches.map(() => true));
      expectSame(inOrder(await store.readJournal(action)), batches);
    });

    it("a megabyte in batches as large as the limit allows is read back", async () => {
      const { store } = provide();
      const action = await runningAction(store);
      const { inlineBytesMax, journalBatchBytesMax, journalBatchRecordsMax } = store.limits;
      const valueBytes = Math.min(inlineBytesMax, journalBatchBytesMax, 100_000);
      const perBatch = Math.min(Math.floor(journalBatchBytesMax / valueBytes), journalBatchRecordsMax);
      const count = Math.ceil(1_000_000 / (valueBytes * perBatch));
      const batches = upTo(count).map((n) => {
        const records = upTo(perBatch).map((m) =>
          aTrace({ id: `t${n}.${m}`, outcome: aValue(valueBytes, n + m) }),
        );
        return aBatch({ action, index: n + 1, prevEpoch: 1, records });
      });
      for (const batch of batches) await store.appendJournal(batch);
      expectSame(inOrder(await store.readJournal(action)), batches);
    });

    it("a batch of as many records as the limit allows is read back", async () => {
      const { store } = provide();
      const action = await runningAction(store);
      const { journalBatchBytesMax, journalBatchRecordsMax } = store.limits;
      const count = Math.min(journalBatchRecordsMax, journalBatchBytesMax, 2_000);
      const records = upTo(count).map((n) => aTrace({ id: `t${n}`, outcome: aValue(1, n) }));
      const batch = aBatch({ action, records });
      await store.appendJournal(batch);
      expectSame(await store.readJournal(action), [batch]);
    });

    it("journals of different actions do not mix", async () => {
      const { store } = provide();
      const [one, other] = [await runningAction(store), await runningAction(store)];
      const batches = [aBatch({ action: one }), aBatch({ action: other, at: 7 })] as const;
      for (const batch of batches) await store.appendJournal(batch);
      expectSame(await store.readJournal(one), [batches[0]]);
      expectSame(await store.readJournal(other), [batches[1]]);
    });
  });
}

/** An action in its first epoch: only running ones write journals. */
async function runningAction(store: Store): Promise<string> {
  const state = aState({ id: `${freshName()}/a0` });
  await store.writeState(state, null);
  return state.id;
}

function inOrder(batches: readonly JournalBatch[]): readonly JournalBatch[] {
  return batches.toSorted((a, b) => a.index - b.index || a.epoch - b.epoch);
}
