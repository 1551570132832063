import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isOnChain, resolveJournal } from "../../sdk/core/journal.ts";
import type { LogPosition } from "../../sdk/core/records.ts";
import { aBatch, anError, aSpec, aTrace, aValue } from "../support/records.ts";
import { journalHistories } from "./journal-histories.ts";

const start: LogPosition = { attempt: 1, index: 0, epoch: 0, at: 0 };

describe("the journal of an action with many executors", () => {
  it("is the log of the highest epoch that wrote in the attempt, as that executor knew it (J1)", () => {
    fc.assert(
      fc.property(journalHistories, ({ batches, base, expectedChain }) => {
        expect(resolveJournal(batches, base).chain).toEqual(expectedChain);
      }),
    );
  });

  it("is the same in whatever order its batches are read", () => {
    const shuffled = journalHistories.chain((history) =>
      fc.tuple(
        fc.constant(history),
        fc.shuffledSubarray([...history.batches], { minLength: history.batches.length }),
      ),
    );
    fc.assert(
      fc.property(shuffled, ([{ batches, base }, read]) => {
        expect(resolveJournal(read, base).chain).toEqual(resolveJournal(batches, base).chain);
      }),
    );
  });

  it("is a chain: each batch follows the one that its writer had seen last, and epochs do not fall", () => {
    fc.assert(
      fc.property(journalHistories, ({ batches, base }) => {
        let before = { index: base.index, epoch: base.epoch };
        for (const batch of resolveJournal(batches, base).chain) {
          expect([batch.index, batch.prevEpoch, batch.attempt]).toEqual([
            before.index + 1,
            before.epoch,
            base.attempt,
          ]);
          expect(batch.epoch).toBeGreaterThanOrEqual(before.epoch);
          before = batch;
        }
      }),
    );
  });

  it("makes known at once what earlier attempts finished with a value, and nothing else of theirs (J2)", () => {
    fc.assert(
      fc.property(journalHistories, ({ batches, base, earlier }) => {
        const { known, chain } = resolveJournal(batches, base);
        const values = earlier.flatMap((batch) =>
          batch.records.filter((one) => one.outcome.kind === "value"),
        );
        for (const { id } of values) expect(known.has(id)).toBe(true);
        const within = chain.flatMap((batch) => batch.records.filter((one) => one.within !== null));
        const allowed = new Set([...values, ...within]);
        for (const record of known.values()) expect(allowed).toContain(record);
      }),
    );
  });

  it("makes known at once what ran inside of traces, and leaves the rest to the order of delivery (J4)", () => {
    fc.assert(
      fc.property(journalHistories, ({ batches, base, earlier }) => {
        const { known, chain } = resolveJournal(batches, base);
        const records = chain.flatMap((batch) => batch.records);
        const before = new Set(earlier.flatMap((batch) => batch.records));
        for (const record of records.filter((one) => one.within !== null))
          expect(known.has(record.id)).toBe(true);
        for (const record of records.filter((one) => one.within === null)) {
          const answer = known.get(record.id);
          expect(answer === undefined || answer.within !== null || before.has(answer)).toBe(true);
        }
      }),
    );
  });

  it("loses no durable value: it is in the chain, known, or spare (J3)", () => {
    fc.assert(
      fc.property(journalHistories, ({ batches, base }) => {
        const { chain, known, spare } = resolveJournal(batches, base);
        const inChain = new Set(chain.flatMap((batch) => batch.records.map((record) => record.id)));
        for (const { id, outcome } of batches.flatMap((batch) => batch.records)) {
          if (outcome.kind === "error") continue;
          expect(inChain.has(id) || known.has(id) || spare.has(id)).toBe(true);
        }
      }),
    );
  });

  it("counts every durable record once", () => {
    fc.assert(
      fc.property(journalHistories, ({ batches, base }) => {
        const count = batches.flatMap((batch) => batch.records).length;
        expect(resolveJournal(batches, base).recordCount).toBe(count);
      }),
    );
  });
});

describe("resolveJournal", () => {
  it("knows nothing of an action that has no journal", () => {
    expect(resolveJournal([], start)).toEqual({
      chain: [],
      known: new Map(),
      spare: new Map(),
      recordCount: 0,
    });
  });

  it("sets a fenced executor's late batches aside, though there are more of them", () => {
    const shared = aBatch({ epoch: 1, index: 1 });
    const late = [2, 3].map((index) =>
      aBatch({ epoch: 1, prevEpoch: 1, index, records: [aTrace({ id: `late-${index}` })] }),
    );
    const own = aBatch({ epoch: 2, prevEpoch: 1, index: 2, records: [aTrace({ id: "own" })] });
    const log = resolveJournal([shared, ...late, own], start);
    expect(log.chain).toEqual([shared, own]);
    expect([...log.spare.keys()]).toEqual(["late-2", "late-3"]);
  });

  it("goes on with a fenced executor's batches where the newer one wrote nothing", () => {
    const batches = [aBatch({ epoch: 1, index: 1 }), aBatch({ epoch: 1, prevEpoch: 1, index: 2 })];
    expect(resolveJournal(batches, start).chain).toEqual(batches);
  });

  it("runs again what failed in an earlier attempt, on its chain or beside it", () => {
    const failed = aBatch({
      records: [aTrace({ id: "failed", outcome: anError() }), aTrace({ id: "done" })],
    });
    const beside = aBatch({
      epoch: 1,
      index: 2,
      prevEpoch: 1,
      records: [aTrace({ id: "late", outcome: anError() })],
    });
    const log = resolveJournal([failed, beside], { attempt: 2, index: 1, epoch: 1, at: 0 });
    expect(log.chain).toEqual([]);
    expect([...log.known.keys()]).toEqual(["done"]);
    expect(log.spare.size).toBe(0);
  });

  it("takes an error beside the chain of this attempt as a result", () => {
    const own = aBatch({ epoch: 2, index: 1, records: [aTrace({ id: "own" })] });
    const late = aBatch({ epoch: 1, index: 1, records: [aTrace({ id: "late", outcome: anError() })] });
    expect([...resolveJournal([late, own], start).spare.keys()]).toEqual(["late"]);
  });

  it("takes the latest of several records of one trace within another", () => {
    const records = [1, 2].map((seed) => aTrace({ id: "inner", within: "outer", outcome: aValue(3, seed) }));
    const log = resolveJournal([aBatch({ records })], start);
    expect(log.known.get("inner")).toEqual(records[1]);
  });

  it("refuses a journal with a hole", () => {
    expect(() => resolveJournal([aBatch({ epoch: 2, index: 2, prevEpoch: 1 })], start)).toThrow(
      "hole at index 1, epoch 1",
    );
  });
});

describe("isOnChain", () => {
  const chain = [
    aBatch({ epoch: 1, index: 1, prevEpoch: 0, at: 2 }),
    aBatch({ epoch: 3, index: 2, prevEpoch: 1, at: 5 }),
  ];

  it.each<[string, Partial<LogPosition> | null, boolean]>([
    ["at the start, before any executor was fenced", { index: 0, epoch: 0, at: 0 }, true],
    ["as far as the mailbox had been read before the next batch", { index: 0, epoch: 0, at: 2 }, true],
    [
      "further in the mailbox than the chain went before its next batch",
      { index: 0, epoch: 0, at: 3 },
      false,
    ],
    ["behind a batch of the chain", { index: 1, epoch: 1, at: 4 }, true],
    ["behind a batch of a fenced executor", { index: 1, epoch: 2, at: 4 }, false],
    ["behind the last batch, however far in the mailbox", { index: 2, epoch: 3, at: 99 }, true],
    ["behind another last batch", { index: 2, epoch: 2, at: 5 }, false],
    ["behind more batches than there are", { index: 3, epoch: 3, at: 5 }, false],
    ["in another attempt", { attempt: 2, index: 1, epoch: 1, at: 4 }, false],
    ["nowhere, as a root action", null, false],
  ])("a spec that was asked for %s", (_, asked, expected) => {
    const spec = aSpec({ asked: asked === null ? null : { ...start, ...asked } });
    expect(isOnChain(spec, start, chain)).toBe(expected);
  });

  it("a spec of an earlier attempt's position is not on the chain of the next", () => {
    const base = { attempt: 2, index: 2, epoch: 3, at: 5 };
    expect(isOnChain(aSpec({ asked: { attempt: 1, index: 2, epoch: 3, at: 5 } }), base, [])).toBe(false);
    expect(isOnChain(aSpec({ asked: base }), base, [])).toBe(true);
  });
});
