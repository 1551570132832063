import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JournalBatch, LogPosition, TraceRecord } from "../../sdk/core/records.ts";
import { JournalWriter } from "../../sdk/engine/journal-writer.ts";
import type { StoreLimits } from "../../sdk/ports.ts";
import { anError, aState, aTrace, aValue } from "../support/records.ts";
import { aWorld, behind, type Journey, type TestWorld } from "./world.ts";

const writeMs = 10;

interface Setup {
  readonly world: TestWorld;
  readonly writer: JournalWriter;
  readonly durable: JournalBatch[];
  readonly ends: unknown[];
  position: LogPosition;
}

/** A writer whose batches take 10 ms to become durable. */
function setUp(journey: Journey = {}, limits: Partial<StoreLimits> = {}): Setup {
  const world = aWorld(limits);
  const slow = behind(world, { before: () => world.clock.wait(writeMs), ...journey });
  const state = aState({ epoch: 3, attempt: 2 });
  const setup: Setup = {
    world,
    durable: [],
    ends: [],
    position: { attempt: 2, index: 0, epoch: 0, at: 0 },
    writer: new JournalWriter(slow, state, {
      durable: (batch) => {
        setup.durable.push(batch);
        setup.position = { ...setup.position, index: batch.index, epoch: batch.epoch };
      },
      fenced: () => setup.ends.push("fenced"),
      failed: (error) => setup.ends.push(error),
    }),
  };
  return setup;
}

const named = (id: string) => aTrace({ id });
const idsOf = (batches: readonly JournalBatch[]) =>
  batches.map((batch) => batch.records.map((one) => one.id));

describe("JournalWriter", () => {
  it("gathers what finishes while a batch is on its way into the next one (G1)", async () => {
    const { writer, world, durable, ...setup } = setUp();
    writer.add(named("a"));
    writer.flush(setup.position);
    for (const id of ["b", "c", "d"]) {
      writer.add(named(id));
      writer.flush(setup.position);
    }
    await world.clock.advance(writeMs);
    expect(idsOf(durable)).toEqual([["a"]]);
    expect(idsOf(await world.store.readJournal("a-run/a0"))).toEqual([["a"]]);
    writer.flush({ ...setup.position, index: 1, epoch: 3 });
    await world.clock.advance(writeMs);
    expect(idsOf(await world.store.readJournal("a-run/a0"))).toEqual([["a"], ["b", "c", "d"]]);
    expect(writer.isEmpty).toBe(true);
  });

  it("writes nothing when nothing waits", async () => {
    const { writer, world, position } = setUp();
    writer.flush(position);
    expect(writer.isFlushing).toBe(false);
    await world.clock.advance(writeMs);
    expect(await world.store.readJournal("a-run/a0")).toEqual([]);
  });

  it("is not empty before the last batch is durable", async () => {
    const { writer, world, position } = setUp();
    writer.add(named("a"));
    expect([writer.isEmpty, writer.isFlushing]).toEqual([false, false]);
    writer.flush(position);
    expect([writer.isEmpty, writer.isFlushing]).toEqual([false, true]);
    await world.clock.advance(writeMs);
    expect([writer.isEmpty, writer.isFlushing]).toEqual([true, false]);
  });

  it("gives a batch the place at which it was cut, whatever is delivered while it travels (G2)", async () => {
    const { writer, world, durable } = setUp();
    writer.add(named("a"));
    writer.flush({ attempt: 2, index: 7, epoch: 2, at: 5 });
    await world.clock.advance(writeMs);
    const cutMs = world.clock.nowMs() - writeMs;
    expect(durable).toMatchObject([{ index: 8, prevEpoch: 2, epoch: 3, attempt: 2, at: 5, nowMs: cutMs }]);
  });

  it("keeps every batch within the store's limits, and every record in its order", async () => {
    const limits = { journalBatchBytesMax: 2_000, journalBatchRecordsMax: 4 };
    const sizes = fc.array(fc.integer({ min: 0, max: 1_500 }), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(sizes, async (sizesBytes) => {
        const setup = setUp({}, limits);
        sizesBytes.forEach((sizeBytes, place) => {
          setup.writer.add(aTrace({ id: String(place), outcome: aValue(sizeBytes) }));
        });
        while (!setup.writer.isEmpty) {
          setup.writer.flush(setup.position);
          await setup.world.clock.advance(writeMs);
        }
        const stored = await setup.world.store.readJournal("a-run/a0");
        expect(idsOf(stored).flat()).toEqual(sizesBytes.map((_, place) => String(place)));
        expect(stored.map((batch) => batch.index)).toEqual(stored.map((_, place) => place + 1));
        for (const { records } of stored)
          expect(records.length).toBeLessThanOrEqual(limits.journalBatchRecordsMax);
      }),
      { numRuns: 30 },
    );
  });

  it("writes errors whose fields hold anything that travels", async () => {
    const setup = setUp();
    const record: TraceRecord = aTrace({ id: "a", outcome: anError() });
    setup.writer.add(record);
    setup.writer.flush(setup.position);
    await setup.world.clock.advance(writeMs);
    expect(setup.durable.flatMap((batch) => batch.records)).toEqual([record]);
  });

  it("cuts a batch of large errors where the store's limit is", async () => {
    const setup = setUp({}, { journalBatchBytesMax: 3_000 });
    for (const id of ["a", "b", "c"]) setup.writer.add(aTrace({ id, outcome: anError("x".repeat(2_000)) }));
    setup.writer.flush(setup.position);
    await setup.world.clock.advance(writeMs);
    expect(idsOf(setup.durable)).toEqual([["a"]]);
  });

  it("writes a batch once though the answer to it is lost", async () => {
    let isLost = false;
    const setup = setUp({
      after: () => {
        if (isLost) return;
        isLost = true;
        throw new Error("connection reset");
      },
    });
    setup.writer.add(named("a"));
    setup.writer.flush(setup.position);
    await setup.world.clock.advance(1_000);
    expect(setup.durable.length).toBe(1);
    expect((await setup.world.store.readJournal("a-run/a0")).length).toBe(1);
  });

  it("tells that its epoch is over when the store refuses it", async () => {
    const setup = setUp();
    const { store } = setup.world;
    const refusing = {
      ...setup.world,
      store: Object.assign(Object.create(store), { appendJournal: async () => false }),
    };
    const ends: string[] = [];
    const writer = new JournalWriter(refusing, aState(), {
      durable: () => ends.push("durable"),
      fenced: () => ends.push("fenced"),
      failed: () => ends.push("failed"),
    });
    writer.add(named("a"));
    writer.flush(setup.position);
    await setup.world.clock.settle();
    expect(ends).toEqual(["fenced"]);
  });

  it("tells what went wrong when the store does not take a batch for good", async () => {
    const outage = Object.assign(new Error("no space left"), { retryable: false });
    const setup = setUp({
      before: () => {
        throw outage;
      },
    });
    setup.writer.add(named("a"));
    setup.writer.flush(setup.position);
    await setup.world.clock.settle();
    expect(setup.ends).toEqual([outage]);
  });
});
