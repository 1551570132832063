import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { suspendAction } from "../../sdk/core/action-state.ts";
import type { ActionState, MailboxEntry } from "../../sdk/core/records.ts";
import { applyDecision } from "../../sdk/engine/apply.ts";
import { notifyEnded } from "../../sdk/engine/notify.ts";
import type { World } from "../../sdk/ports.ts";
import { anEnd, aSpec, aState, aValue } from "../support/records.ts";
import { aWorld, behind, type TestWorld } from "./world.ts";

const parent = "a-run/a0";
const report = { tracesExecuted: 0, tracesReplayed: 0, spawned: true };

function ended(name: string, overrides: Partial<ActionState> = {}): ActionState {
  return anEnd(aState({ id: `a-run/${name}`, parent }), overrides);
}

async function readAll(world: World): Promise<readonly MailboxEntry[]> {
  return await world.store.readMailbox(parent, 0, 0);
}

async function stateOf(world: World, id = parent): Promise<ActionState> {
  const [state] = await world.store.readStates([id]);
  if (state === undefined || state === null) throw new Error(`Action ${id} has no state.`);
  return state;
}

describe("notifyEnded", () => {
  it("tells a running parent of all children at once, without a message", async () => {
    const world = aWorld();
    await world.store.writeState(aState(), null);
    await notifyEnded(world, [ended("one"), ended("two", { status: "failed" })]);
    expect(await readAll(world)).toMatchObject([
      { child: "a-run/one", status: "succeeded", outcome: aValue() },
      { child: "a-run/two", status: "failed" },
    ]);
    expect((await stateOf(world)).inbox).toBe(2);
    expect(world.queue.depth("orders")).toBe(0);
  });

  it("wakes a suspended parent by a message for the epoch at which it sleeps", async () => {
    const world = aWorld();
    await world.store.writeState(aState({ status: "suspended", owner: null, epoch: 4 }), null);
    await notifyEnded(world, [ended("one")]);
    const [delivery] = await world.queue.receive("orders", 10, 0);
    expect(delivery?.message).toEqual({ kind: "run", action: parent, spec: null, epoch: 4 });
  });

  it("tells each parent of its own children", async () => {
    const world = aWorld();
    await world.store.writeState(aState(), null);
    await world.store.writeState(aState({ id: "a-run/b" }), null);
    await notifyEnded(world, [ended("one"), ended("two", { parent: "a-run/b" }), ended("three")]);
    expect((await readAll(world)).map((entry) => entry.child)).toEqual(["a-run/one", "a-run/three"]);
    expect((await world.store.readMailbox("a-run/b", 0, 0)).map((entry) => entry.child)).toEqual([
      "a-run/two",
    ]);
  });

  it("tells of more children than one append takes", async () => {
    const world = aWorld({ mailboxEntriesMax: 3 });
    await world.store.writeState(aState({ status: "suspended", owner: null }), null);
    await notifyEnded(
      world,
      Array.from({ length: 10 }, (_, n) => ended(`c${n}`)),
    );
    expect((await readAll(world)).length).toBe(10);
    expect((await stateOf(world)).inbox).toBe(10);
    expect(world.queue.depth("orders")).toBe(1);
  });

  it("leaves a parent alone that has ended, or that was never claimed", async () => {
    const world = aWorld();
    await notifyEnded(world, [ended("one")]);
    await world.store.writeState(anEnd(aState({ version: 0 })), null);
    await notifyEnded(world, [ended("one")]);
    expect(await readAll(world)).toEqual([]);
    expect(world.queue.depth("orders")).toBe(0);
  });

  it.each<[string, Partial<ActionState>]>([
    ["failed", { status: "failed" }],
    ["was aborted", { status: "aborted" }],
    ["succeeded without waiting for them", { status: "succeeded", spawned: true }],
  ])("aborts the unfinished children of an action that %s", async (_, end) => {
    const world = aWorld();
    const child = (name: string) => aSpec({ id: `a-run/${name}`, parent });
    await world.store.putSpecs([child("queued"), child("running"), child("done")]);
    await world.store.writeState(aState({ id: "a-run/running", parent }), null);
    await world.store.writeState(ended("done", { version: 1 }), null);
    await notifyEnded(world, [anEnd(aState(), end)]);
    expect((await stateOf(world, "a-run/queued")).status).toBe("aborted");
    expect(await stateOf(world, "a-run/running")).toMatchObject({ status: "aborted", epoch: 2 });
    expect((await stateOf(world, "a-run/done")).status).toBe("succeeded");
  });
});

/** The requests of one property run each take their time, and some of the first ones fail before or after they take effect. */
interface Weather {
  readonly delaysMs: readonly number[];
  readonly troubles: readonly ("none" | "before" | "after")[];
}

const weather: fc.Arbitrary<Weather> = fc.record({
  delaysMs: fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 30 }),
  troubles: fc.array(fc.constantFrom("none", "none", "none", "before", "after"), { maxLength: 30 }),
});

function inWeather(world: TestWorld, { delaysMs, troubles }: Weather): World {
  let count = 0;
  const trouble = (when: string) => {
    if (troubles[count] === when) throw new Error("connection reset");
  };
  return behind(world, {
    before: async () => {
      count += 1;
      trouble("before");
      await world.clock.wait(delaysMs[count % delaysMs.length] ?? 0);
    },
    after: () => trouble("after"),
  });
}

/** Told again until it is done, as a backend's Changes do. */
async function tellUntilDone(world: World, states: readonly ActionState[]): Promise<void> {
  for (;;) {
    try {
      return await notifyEnded(world, states);
    } catch {
      await world.clock.wait(10);
    }
  }
}

/** An executor that suspends its action as soon as it has read all there is, and goes on as long as that is refused. */
async function suspendWhenRead(world: World, childCount: number): Promise<number> {
  for (;;) {
    const read = await readUntilItAnswers(world);
    if (read.size === childCount) return childCount;
    const entries = read.entries;
    const applied = await applyDecision(world, await stateUntilItAnswers(world), (current) =>
      suspendAction(current, 1, entries, report),
    );
    // The write may have been made although its answer was lost, and the state have moved since.
    if (applied.state.status === "suspended") return read.size;
  }
}

async function readUntilItAnswers(
  world: World,
): Promise<{ readonly entries: number; readonly size: number }> {
  for (;;) {
    try {
      const entries = await readAll(world);
      return { entries: entries.length, size: new Set(entries.map((entry) => entry.child)).size };
    } catch {
      await world.clock.wait(1);
    }
  }
}

async function stateUntilItAnswers(world: World): Promise<ActionState> {
  for (;;) {
    try {
      return await stateOf(world);
    } catch {
      await world.clock.wait(1);
    }
  }
}

describe("ends that are told by many at once", () => {
  it("wake a parent that is about to suspend, or find that it has read them", async () => {
    const tellings = fc.array(
      fc.record({ weather, startMs: fc.nat({ max: 200 }), from: fc.nat({ max: 3 }) }),
      {
        minLength: 1,
        maxLength: 4,
      },
    );
    await fc.assert(
      fc.asyncProperty(tellings, weather, fc.nat({ max: 200 }), async (handlers, ownWeather, suspendMs) => {
        const world = aWorld({ mailboxEntriesMax: 2 });
        const children = ["a", "b", "c", "d"].map((name) => ended(name));
        await world.store.writeState(aState({ spawned: true }), null);
        const told = [{ weather: ownWeather, startMs: 0, from: 0 }, ...handlers].map(async (handler) => {
          await world.clock.wait(handler.startMs);
          await tellUntilDone(inWeather(world, handler.weather), children.slice(handler.from));
        });
        const executed = world.clock
          .wait(suspendMs)
          .then(() => suspendWhenRead(inWeather(world, ownWeather), children.length));
        await world.clock.runUntil(Promise.all([...told, executed]));
        const { status, inbox, read } = await stateOf(world);
        const entries = await readAll(world);
        expect(new Set(entries.map((entry) => entry.child)).size).toBe(children.length);
        if (status === "suspended") {
          expect(inbox).toBeGreaterThan(read);
          expect(world.queue.depth("orders")).toBeGreaterThan(0);
        } else expect(await executed).toBe(children.length);
      }),
      { numRuns: 60 },
    );
  });
});
