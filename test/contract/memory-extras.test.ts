/** What the memory backend offers beyond the ports, to simulations and to users' tests. */
import { describe, expect, it } from "vitest";
import { createMemoryBackend } from "../../sdk/backends/memory/backend.ts";
import { VirtualClock } from "../../sdk/backends/memory/virtual-clock.ts";
import type { StoreLimits } from "../../sdk/ports.ts";
import {
  aBatch,
  aMessage,
  anEnd,
  anEntry,
  anError,
  aRun,
  aSpec,
  aState,
  aTrace,
  aValue,
  inline,
} from "../support/records.ts";
import { expectSame } from "./harness.ts";

const leaseMs = 1_000;

function open(limits: Partial<StoreLimits> = {}) {
  const clock = new VirtualClock(0);
  let made = 0;
  const entropy = { uuid: () => `id-${++made}`, random: () => 0.5 };
  return { ...createMemoryBackend({ clock, entropy, leaseMs, limits }), clock };
}

async function openWithDelivery() {
  const backend = open();
  await backend.queue.send([{ queue: "q", message: aMessage(), delayMs: 0 }]);
  const [delivery] = await backend.queue.receive("q", 1, 0);
  if (delivery === undefined) throw new Error("Nothing was delivered.");
  return { ...backend, delivery };
}

describe("memory queue", () => {
  it("an extended lease ends when it was extended to, and not before", async () => {
    const { queue, clock, delivery } = await openWithDelivery();
    await clock.advance(999);
    expect(queue.extend(delivery, 5_000)).toBe(true);
    await clock.advance(4_999);
    expect(await queue.receive("q", 1, 0)).toEqual([]);
    await clock.advance(1);
    expect((await queue.receive("q", 1, 0)).map((again) => again.messageId)).toEqual([delivery.messageId]);
  });

  it("a lease may be made to end earlier, which wakes who waits", async () => {
    const { queue, clock, delivery } = await openWithDelivery();
    const receiving = queue.receive("q", 1, 60_000);
    queue.extend(delivery, 10);
    expect(await clock.runUntil(receiving)).toHaveLength(1);
    expect(clock.nowMs()).toBe(10);
  });

  it("a lapsed lease cannot be extended, also before anybody else has the message", async () => {
    const { queue, clock, delivery } = await openWithDelivery();
    await clock.advance(1_000);
    expect(queue.extend(delivery, 5_000)).toBe(false);
    expect(await queue.receive("q", 1, 0)).toHaveLength(1);
    expect(queue.extend(delivery, 5_000)).toBe(false);
  });

  it("the depth of a queue counts hidden messages, and not removed ones", async () => {
    const { queue, delivery } = await openWithDelivery();
    await queue.send([{ queue: "q", message: aMessage(), delayMs: 500 }]);
    expect([queue.depth("q"), queue.depth("other")]).toEqual([2, 0]);
    await queue.remove([delivery]);
    expect(queue.depth("q")).toBe(1);
  });

  it("who waits leaves nothing to wait for once it has its answer", async () => {
    const { queue, clock } = open();
    const receiving = queue.receive("q", 1, 60_000);
    await queue.send([{ queue: "q", message: aMessage(), delayMs: 0 }]);
    await receiving;
    expect(clock.nextDueMs()).toBeNull();
  });
});

describe("memory leases", () => {
  it("a delivery held beyond its time is let go, and comes to somebody else", async () => {
    const { queue, leases, clock, delivery } = await openWithDelivery();
    leases.hold(delivery, 10_000);
    const again = await clock.runUntil(queue.receive("q", 1, 60_000));
    expect(again.map((one) => one.messageId)).toEqual([delivery.messageId]);
    expect(clock.nowMs()).toBeGreaterThanOrEqual(10_000);
    expect(clock.nowMs()).toBeLessThanOrEqual(11_000);
  });
});

describe("memory changes", () => {
  it("a batch whose handler never answers is told to the next follower once the first is stopped", async () => {
    const { store, changes, clock } = open();
    const stop = new AbortController();
    changes.follow(() => new Promise(() => {}), stop.signal);
    const before = aState();
    await store.writeState(before, null);
    await store.writeState(anEnd(before), 1);
    await clock.settle();
    stop.abort();
    const told: string[] = [];
    changes.follow(async (ended) => {
      told.push(...ended.map((state) => state.id));
    }, new AbortController().signal);
    await clock.settle();
    expect(told).toEqual([before.id]);
  });

  it("a handler that throws at once is told again like one that rejects", async () => {
    const { store, changes, clock } = open();
    const before = aState();
    await store.writeState(before, null);
    await store.writeState(anEnd(before), 1);
    let tellings = 0;
    changes.follow((): Promise<void> => {
      tellings += 1;
      if (tellings < 3) throw new Error("no");
      return Promise.resolve();
    }, new AbortController().signal);
    await clock.advance(60_000);
    expect(tellings).toBe(3);
  });
});

describe("memory store", () => {
  it("what goes over a limit is refused", async () => {
    const { store } = open({
      ...{ inlineBytesMax: 10, specsMax: 2, mailboxEntriesMax: 2 },
      ...{ journalBatchBytesMax: 15, journalBatchRecordsMax: 3 },
    });
    const large = aValue(11);
    const records = (count: number, sizeBytes: number) =>
      Array.from({ length: count }, () => aTrace({ outcome: aValue(sizeBytes) }));
    for (const [refused, message] of [
      [() => store.putSpecs([aSpec(), aSpec(), aSpec()]), "3 specs in one putSpecs, at most 2"],
      [() => store.putSpecs([aSpec({ input: inline(11) })]), "11 inline bytes in the input of a-run/a0"],
      [() => store.createRun(aRun({ root: aSpec({ input: inline(11) }) })), "11 inline bytes in the input"],
      [
        () => store.writeState(aState({ outcome: large }), null),
        "11 inline bytes in the outcome of a-run/a0",
      ],
      [() => store.appendJournal(aBatch({ records: records(4, 1) })), "4 records in one batch"],
      [() => store.appendJournal(aBatch({ records: records(2, 8) })), "16 bytes of values in one batch"],
      [
        () => store.appendMailbox("a", 0, [anEntry(), anEntry(), anEntry()]),
        "3 entries in one appendMailbox",
      ],
      [() => store.appendMailbox("a", 0, [anEntry({ outcome: large })]), "11 inline bytes in the outcome of"],
    ] as const) {
      await expect(refused()).rejects.toThrow(message);
    }
    expect(await store.readSpec("a-run/a0")).toBeNull();
  });

  it("a version that skips one is refused", async () => {
    const { store } = open();
    await expect(store.writeState(aState({ version: 2 }), null)).rejects.toThrow("version 2 of a-run/a0");
  });

  it("an error is kept with fields of every type, and as far from its owner as over a wire", async () => {
    const { store } = open();
    const { error } = anError();
    await store.writeState(aState({ lastError: error }), null);
    const tries = error.fields.tries;
    if (tries instanceof Map) tries.clear();
    expectSame(
      await store.readStates(["a-run/a0"]),
      [aState({ lastError: anError().error })].map(withStackOf(error)),
    );
  });
});

/** Two errors made at different places differ in their stacks. */
function withStackOf(error: ReturnType<typeof anError>["error"]) {
  return (state: ReturnType<typeof aState>) => ({
    ...state,
    lastError: state.lastError && {
      ...state.lastError,
      stack: error.stack,
      ...(error.cause === undefined ? {} : { cause: error.cause }),
    },
  });
}
