import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SERVICE_QUEUE } from "../../sdk/core/identity.ts";
import type { ActionSpec } from "../../sdk/core/records.ts";
import { messagesFor, Outbox } from "../../sdk/engine/outbox.ts";
import { aSpec, aTimer } from "../support/records.ts";
import { aWorld, behind, type Journey } from "./world.ts";

const unlimited = {
  ...aSpec().policy,
  timeouts: { maxRuntimeMs: null, maxQueuedMs: null, deadlineMs: null },
};

const aChild = (name: string, overrides: Partial<ActionSpec> = {}) =>
  aSpec({ id: `a-run/${name}`, parent: "a-run/a0", policy: unlimited, ...overrides });

function setUp(journey: Journey = {}, specsMax = 25) {
  const world = aWorld({ specsMax });
  const requests: string[] = [];
  const events: unknown[] = [];
  const seen = behind(world, {
    before: async (request) => {
      requests.push(request);
      await journey.before?.(request);
    },
    ...(journey.after === undefined ? {} : { after: journey.after }),
  });
  const outbox = new Outbox(seen, { sent: () => events.push("sent"), failed: (error) => events.push(error) });
  return { world, outbox, requests, events };
}

describe("Outbox", () => {
  it("writes specs before it sends their messages", async () => {
    const { world, outbox, requests, events } = setUp();
    outbox.add(aChild("one"), false);
    outbox.add(aChild("two"), false);
    outbox.flush();
    await world.clock.settle();
    expect(requests).toEqual(["store.putSpecs", "queue.send"]);
    expect(world.queue.depth("orders")).toBe(2);
    expect(events).toEqual(["sent"]);
    expect(outbox.isEmpty).toBe(true);
  });

  it("sends no message when the spec cannot be written", async () => {
    const refusal = Object.assign(new Error("denied"), { retryable: false });
    const { world, outbox, events } = setUp({
      before: (request) => {
        if (request === "store.putSpecs") throw refusal;
      },
    });
    outbox.add(aChild("one"), false);
    outbox.flush();
    await world.clock.settle();
    expect(world.queue.depth("orders")).toBe(0);
    expect(events).toEqual([refusal]);
  });

  it("gathers what is asked for while a batch is on its way into the next one", async () => {
    const { world, outbox, requests } = setUp({ before: () => world.clock.wait(10) });
    outbox.add(aChild("one"), false);
    outbox.flush();
    for (const name of ["two", "three"]) {
      outbox.add(aChild(name), false);
      outbox.flush();
    }
    expect(requests).toEqual(["store.putSpecs"]);
    await world.clock.advance(20);
    expect(world.queue.depth("orders")).toBe(1);
    outbox.flush();
    await world.clock.advance(20);
    expect(world.queue.depth("orders")).toBe(3);
    expect(requests.length).toBe(4);
  });

  it("sends a message again without writing a spec that is there", async () => {
    const { world, outbox, requests } = setUp();
    outbox.add(aChild("one"), true);
    outbox.flush();
    await world.clock.settle();
    expect(requests).toEqual(["queue.send"]);
  });

  it("writes every spec whatever their number, within the store's limit at a time", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 30 }), fc.integer({ min: 1, max: 10 }), async (count, specsMax) => {
        const { world, outbox } = setUp({}, specsMax);
        for (let n = 0; n < count; n += 1) outbox.add(aChild(`c${n}`), false);
        while (!outbox.isEmpty) {
          outbox.flush();
          await world.clock.settle();
        }
        expect((await world.store.listChildren("a-run/a0")).length).toBe(count);
        expect(world.queue.depth("orders")).toBe(count);
      }),
      { numRuns: 30 },
    );
  });
});

describe("messagesFor", () => {
  const nowMs = aSpec().createdMs;

  it("sends an action to the queue of its environment, with its spec", () => {
    const spec = aChild("one");
    expect(messagesFor(spec, nowMs)).toEqual([
      { queue: "orders", message: { kind: "run", action: spec.id, spec, epoch: 0 }, delayMs: 0 },
    ]);
  });

  it("has somebody look at an action when the first of its limits passes", () => {
    const timeouts = { maxRuntimeMs: 5_000, maxQueuedMs: 700, deadlineMs: 60_000 };
    const spec = aChild("one", { policy: { ...unlimited, timeouts } });
    expect(messagesFor(spec, nowMs + 100)[1]).toEqual({
      queue: SERVICE_QUEUE,
      message: { kind: "expire", action: spec.id, spec: null },
      delayMs: 600,
    });
  });

  it.each([
    [1_000, 3_599_000],
    [4_000_000, 0],
  ])("sends a timer's message %i ms after it was asked for to come in %i ms", (lateMs, delayMs) => {
    const timer = aTimer();
    expect(messagesFor(timer, nowMs + lateMs)).toEqual([
      { queue: SERVICE_QUEUE, message: { kind: "timer", action: timer.id, spec: timer }, delayMs },
    ]);
  });
});
