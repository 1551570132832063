import { describe, expect, it } from "vitest";
import { LocalQueue } from "../../sdk/backends/local/queue.ts";
import { VirtualClock } from "../../sdk/backends/memory/virtual-clock.ts";
import type { ActionSpec } from "../../sdk/core/records.ts";
import type { Delivery, Outgoing } from "../../sdk/ports.ts";
import { aSpec, aTimer, inline } from "../support/records.ts";

const leaseMs = 1_000;

/** A queue over a store that holds every action but those whose name says otherwise. */
function openQueue() {
  const clock = new VirtualClock(0);
  const settled: string[] = [];
  const read: string[] = [];
  let made = 0;
  const queue = new LocalQueue({
    clock,
    entropy: { uuid: () => `id-${++made}`, random: () => 0.5 },
    leaseMs,
    readSpec: (action) => {
      read.push(action);
      return aSpec({ id: action });
    },
    isStored: (action) => !action.includes("unknown"),
    settleTimers: async (timers) => {
      settled.push(...timers);
    },
  });
  return { queue, clock, settled, read };
}

function toRun(action: string, delayMs = 0, spec: ActionSpec | null = null): Outgoing {
  return { queue: "q", message: { kind: "run", action, spec }, delayMs };
}

function toFire(action: string, delayMs = 0): Outgoing {
  return { queue: "q", message: { kind: "timer", action, spec: aTimer({ id: action }) }, delayMs };
}

function actionsOf(deliveries: readonly Delivery[]): string[] {
  return deliveries.map((delivery) => delivery.message.action);
}

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, n) => `r/c${n}`);
}

describe("what is delivered", () => {
  it("messages that are due come in the order in which they were sent, and delayed ones when they become due", async () => {
    const { queue, clock } = openQueue();
    await queue.send([toRun("r/late", 300), toRun("r/soon", 100), toRun("r/one"), toRun("r/two")]);
    expect(actionsOf(await queue.receive("q", 9, 0))).toEqual(["r/one", "r/two"]);
    const later = await clock.runUntil(queue.receive("q", 9, 60_000));
    expect([actionsOf(later), clock.nowMs()]).toEqual([["r/soon"], 100]);
    const last = await clock.runUntil(queue.receive("q", 9, 60_000));
    expect([actionsOf(last), clock.nowMs()]).toEqual([["r/late"], 300]);
  });

  it("a hundred thousand messages of random delays come in the order of their times", async () => {
    const { queue, clock } = openQueue();
    const delays = numbered(100_000).map((_, n) => (n * 7_919) % 5_003);
    await queue.send(delays.map((delayMs, n) => toRun(`r/c${n}`, delayMs)));
    await clock.advance(6_000);
    expect(queue.depth("q")).toBe(100_000);
    const received = actionsOf(await queue.receive("q", 100_000, 0)).map(
      (id) => delays[Number(id.slice(3))] ?? -1,
    );
    expect(received).toEqual(delays.toSorted((a, b) => a - b));
  });

  it("a second message to run an action is dropped while one that is due no later waits", async () => {
    const { queue, clock } = openQueue();
    await queue.send([toRun("r/a"), toRun("r/a"), toRun("r/a", 500), toRun("r/b", 500)]);
    await queue.send([toRun("r/b", 700), toRun("r/a")]);
    expect(actionsOf(await queue.receive("q", 9, 0))).toEqual(["r/a"]);
    await clock.advance(999);
    expect(actionsOf(await queue.receive("q", 9, 0))).toEqual(["r/b"]);
  });

  it("a message that is due earlier than the one that waits is kept", async () => {
    const { queue } = openQueue();
    await queue.send([toRun("r/a", 500)]);
    await queue.send([toRun("r/a")]);
    expect(actionsOf(await queue.receive("q", 9, 0))).toEqual(["r/a"]);
  });

  it("a message for an action that somebody holds is kept, as it may say something new", async () => {
    const { queue } = openQueue();
    await queue.send([toRun("r/a")]);
    const [held] = await queue.receive("q", 9, 0);
    await queue.send([toRun("r/a")]);
    const [again] = await queue.receive("q", 9, 0);
    expect(again?.message.action).toBe("r/a");
    expect(again?.messageId).not.toBe(held?.messageId);
  });

  it("what becomes ready is shared by those who wait for it", async () => {
    const { queue } = openQueue();
    const waiting = ["w1", "w2", "w3"].map((owner) => queue.forOwner(owner).receive("q", 10, 60_000));
    await queue.send(numbered(6).map((action) => toRun(action)));
    const shares = (await Promise.all(waiting)).map((deliveries) => deliveries.length);
    expect(shares).toEqual([2, 2, 2]);
  });

  it("a spec that was not sent is read for who is to run it", async () => {
    const { queue, read } = openQueue();
    await queue.send([toRun("r/a"), toRun("r/b", 0, aSpec({ id: "r/b", input: inline(9) }))]);
    const [bare, full] = await queue.receive("q", 9, 0);
    expect(bare?.message.spec).toEqual(aSpec({ id: "r/a" }));
    expect(full?.message.spec).toEqual(aSpec({ id: "r/b", input: inline(9) }));
    expect(read).toEqual(["r/a"]);
  });

  it("of a long queue only some specs are kept, and the others are read on delivery", async () => {
    const { queue, read } = openQueue();
    const large = inline(1_000_000);
    await queue.send(numbered(40).map((id) => toRun(id, 0, aSpec({ id, input: large }))));
    const deliveries = await queue.receive("q", 100, 0);
    expect(deliveries.filter((one) => one.message.spec === null)).toEqual([]);
    expect(read.length).toBeGreaterThan(20);
    expect(read.length).toBeLessThan(30);
    await queue.remove(deliveries);
    await queue.send([toRun("r/new", 0, aSpec({ id: "r/new", input: large }))]);
    await queue.receive("q", 1, 0);
    expect(read).not.toContain("r/new");
  });
});

describe("who holds a delivery", () => {
  it("what an owner held is delivered to others at once when it is gone, and nothing more to it", async () => {
    const { queue } = openQueue();
    const gone = queue.forOwner("gone");
    await queue.send(numbered(3).map((action) => toRun(action)));
    const held = await gone.receive("q", 2, 0);
    await gone.receive("q", 5, 0);
    const waiting = gone.receive("q", 5, 60_000);
    expect([queue.heldBy("gone"), queue.depth("q")]).toEqual([3, 0]);
    queue.releaseOwner("gone");
    expect(await waiting).toEqual([]);
    expect([queue.heldBy("gone"), queue.depth("q")]).toEqual([0, 3]);
    const again = await queue.forOwner("next").receive("q", 9, 0);
    expect(again.map((one) => one.messageId)).toEqual(
      expect.arrayContaining(held.map((one) => one.messageId)),
    );
    await gone.remove(held);
    expect(queue.heldBy("next")).toBe(3);
  });

  it("a heartbeat begins all leases of its owner anew, and those of nobody else", async () => {
    const { queue, clock } = openQueue();
    await queue.send([toRun("r/a"), toRun("r/b"), toRun("r/c")]);
    await queue.forOwner("alive").receive("q", 2, 0);
    await queue.forOwner("silent").receive("q", 1, 0);
    for (let beats = 0; beats < 5; beats++) {
      await clock.advance(600);
      queue.heartbeat("alive");
    }
    expect([queue.heldBy("alive"), queue.heldBy("silent"), queue.depth("q")]).toEqual([2, 0, 1]);
    await clock.advance(leaseMs);
    expect([queue.heldBy("alive"), queue.depth("q")]).toEqual([0, 3]);
  });

  it("depth counts what is due and not taken", async () => {
    const { queue, clock } = openQueue();
    await queue.send([toRun("r/a"), toRun("r/b"), toRun("r/later", 400)]);
    expect(queue.depth("q")).toBe(2);
    await queue.receive("q", 1, 0);
    expect(queue.depth("q")).toBe(1);
    await clock.advance(400);
    expect([queue.depth("q"), queue.depth("other")]).toEqual([2, 0]);
  });

  it("a queue that is closed answers those who wait", async () => {
    const { queue } = openQueue();
    const waiting = queue.receive("q", 1, 60_000);
    queue.close();
    expect(await waiting).toEqual([]);
    expect(await queue.receive("q", 1, 60_000)).toEqual([]);
  });
});

describe("messages of timers", () => {
  it("a timer is settled when its message is removed, and not before", async () => {
    const { queue, settled } = openQueue();
    await queue.send([toFire("r/t")]);
    const deliveries = await queue.receive("q", 1, 0);
    expect(settled).toEqual([]);
    await queue.remove(deliveries);
    expect(settled).toEqual(["r/t"]);
  });

  it("a timer that is sent again while its message is in hand is settled with the last of them", async () => {
    const { queue, settled, clock } = openQueue();
    await queue.send([toFire("r/t")]);
    const early = await queue.receive("q", 1, 0);
    await queue.send([toFire("r/t", 300)]);
    await queue.remove(early);
    expect(settled).toEqual([]);
    await queue.remove(await clock.runUntil(queue.receive("q", 1, 60_000)));
    expect(settled).toEqual(["r/t"]);
  });

  it("a timer that waits already is not put there twice", async () => {
    const { queue } = openQueue();
    await queue.send([toFire("r/t"), toFire("r/t")]);
    expect(await queue.receive("q", 9, 0)).toHaveLength(1);
  });
});
