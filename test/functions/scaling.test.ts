import { describe, expect, it } from "vitest";
import { scale } from "../../functions/scale.ts";
import type { FleetControl } from "../../sdk/aws/fleet-control.ts";
import { type FleetHistory, idleSince, noHistory, noteFleet } from "../../sdk/aws/fleet-history.ts";
import type { StackRuntime } from "../../sdk/aws/runtime.ts";
import { type FleetSight, targetOf } from "../../sdk/aws/scale-fleet.ts";
import { scalingQueue } from "../../sdk/aws/scale-on-send.ts";
import { createMemoryBackend } from "../../sdk/backends/memory/backend.ts";
import { seededEntropy } from "../../sdk/backends/memory/seeded-entropy.ts";
import { VirtualClock } from "../../sdk/backends/memory/virtual-clock.ts";
import type { FleetPolicy } from "../../sdk/core/reuse-policy.ts";
import { aMessage } from "../support/records.ts";

const policy: FleetPolicy = {
  replicasMin: 1,
  replicasMax: 10,
  concurrency: 5,
  idleTtlMs: 300_000,
  scaledownTtlMs: 60_000,
  scope: "global",
};

/** A fleet that does what it is told, at once. */
class Fleet {
  desired = 0;
  running = 0;
  history: FleetHistory = noHistory;

  step(nowMs: number, backlog: number, held: number): number {
    const sight: FleetSight = { nowMs, backlog, held, desired: this.desired, running: this.running };
    const target = targetOf(policy, sight, this.history);
    this.history = target.history;
    this.desired = target.desired;
    this.running = target.desired;
    return this.desired;
  }
}

const minute = 60_000;

describe("a fleet", () => {
  it("gets a replica for every five messages, and not more than its maximum", () => {
    expect(new Fleet().step(0, 12, 0)).toBe(3);
    expect(new Fleet().step(0, 1_000, 0)).toBe(10);
  });

  it("without work from the beginning has no replica", () => {
    expect(new Fleet().step(0, 0, 0)).toBe(0);
  });

  it("counts replicas that are only starting", () => {
    const sight = { nowMs: 0, backlog: 12, held: 0, desired: 3, running: 0 };
    expect(targetOf(policy, sight, noHistory).desired).toBe(3);
  });

  it("loses what it no longer needs after scaledownTtl, down to its minimum, and all of it after idleTtl", () => {
    const fleet = new Fleet();
    fleet.step(0, 30, 0);
    expect(fleet.step(minute, 0, 30)).toBe(6);
    expect(fleet.step(2 * minute, 0, 8)).toBe(6);
    expect(fleet.step(3 * minute, 0, 8)).toBe(2);
    expect(fleet.step(4 * minute, 0, 0)).toBe(2);
    expect(fleet.step(5 * minute, 0, 0)).toBe(1);
    expect(fleet.step(7 * minute, 0, 0)).toBe(1);
    expect(fleet.step(8 * minute, 0, 0)).toBe(0);
  });

  it("keeps a replica whose work comes and goes", () => {
    const fleet = new Fleet();
    fleet.step(0, 10, 0);
    for (let at = 1; at < 20; at += 1) {
      expect(fleet.step(at * (minute / 2), 0, at % 2 === 0 ? 10 : 0)).toBe(2);
    }
  });

  it("does not start replicas in the place of those that are still draining, beyond its maximum", () => {
    const sight = { nowMs: 0, backlog: 100, held: 40, desired: 2, running: 10 };
    expect(targetOf(policy, sight, noHistory).desired).toBe(2);
  });
});

describe("the history of a fleet", () => {
  it("tells since when each replica has been idle", () => {
    let history = noteFleet(noHistory, { nowMs: 1, busy: 3, hasWork: true });
    history = noteFleet(history, { nowMs: 2, busy: 1, hasWork: true });
    history = noteFleet(history, { nowMs: 3, busy: 2, hasWork: true });
    history = noteFleet(history, { nowMs: 4, busy: 0, hasWork: false });
    expect([0, 1, 2, 3].map((replica) => idleSince(history, replica))).toEqual([4, 4, 3, 1]);
    expect(history.lastActivityMs).toBe(3);
  });

  it("stays short, however long it is followed", () => {
    let history = noHistory;
    for (let at = 0; at < 1_000; at += 1) {
      history = noteFleet(history, { nowMs: at, busy: (at * 7) % 5, hasWork: true });
    }
    expect(history.levels.length).toBeLessThanOrEqual(5);
  });
});

describe("the scale function", () => {
  const clock = new VirtualClock();
  const set: [string, number][] = [];
  const histories = new Map<string, FleetHistory>();
  const fleets: FleetControl = {
    clock,
    look: async (environment) => {
      if (environment === "broken") throw new Error("AccessDenied");
      return environment === "gone" ? null : { backlog: 7, held: 0, desired: 0, running: 0 };
    },
    setDesired: async (environment, count) => {
      set.push([environment, count]);
    },
    readHistory: async (environment) => histories.get(environment) ?? noHistory,
    writeHistory: async (environment, history) => {
      histories.set(environment, history);
    },
  };
  const policies = new Map(["one", "broken", "gone", "two"].map((name) => [name, policy]));
  const runtime = { fleets, policies } as unknown as StackRuntime;
  const context = { functionName: "scale", awsRequestId: "r", getRemainingTimeInMillis: () => 1_000 };

  it("scales all fleets when its schedule calls, whatever becomes of one of them", async () => {
    const event = { version: "0", source: "aws.events", "detail-type": "Scheduled Event", detail: {} };
    const { scaled } = await scale(runtime, event, context);
    expect(scaled).toEqual([
      { environment: "one", from: 0, to: 2 },
      { environment: "two", from: 0, to: 2 },
    ]);
    expect(set).toEqual([
      ["one", 2],
      ["two", 2],
    ]);
  });

  it("scales only the fleets that messages were sent to", async () => {
    const { scaled } = await scale(runtime, { environments: ["two", "unknown"] }, context);
    expect(scaled.map(({ environment }) => environment)).toEqual(["two"]);
  });
});

describe("sending messages", () => {
  it("has a fleet looked at once in a while, and never another queue", async () => {
    const clock = new VirtualClock();
    const { queue } = createMemoryBackend({ clock, entropy: seededEntropy(1) });
    const asked: string[][] = [];
    const scaling = scalingQueue(queue, {
      clock,
      fleets: new Set(["one", "two"]),
      ask: async (names) => {
        asked.push([...names]);
        throw new Error("The function is throttled.");
      },
    });
    const to = (name: string) => ({ queue: name, message: aMessage(), delayMs: 0 });
    await scaling.send([to("one"), to("one"), to("drover-service")]);
    await scaling.send([to("one"), to("two")]);
    await clock.advance(5_000);
    await scaling.send([to("one")]);
    expect(asked).toEqual([["one"], ["two"], ["one"]]);
    expect(queue.depth("one")).toBe(4);
  });
});
