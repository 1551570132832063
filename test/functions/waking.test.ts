import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { notify } from "../../functions/notify.ts";
import { park } from "../../functions/park.ts";
import { timers } from "../../functions/timers.ts";
import { SERVICE_QUEUE } from "../../sdk/core/identity.ts";
import type { ActionState } from "../../sdk/core/records.ts";
import { anEnd, aSpec, aState } from "../support/records.ts";
import { changesOf, MemoryCloud, sqsEventOf } from "./memory-cloud.ts";

let cloud: MemoryCloud;
let answered: string[];

beforeEach(async () => {
  cloud = await MemoryCloud.open();
  cloud.close();
  answered = [];
});

afterEach(() => cloud.close());

const root = aSpec({ id: "r1/a0", name: "orders.chargeAll", environment: "orders" });
const suspended: ActionState = aState({ id: "r1/a0", status: "suspended", owner: null, spawned: true });
const child = aState({ id: "r1/child", parent: "r1/a0", environment: "batches" });

/** The runtime, with a note of every token that is answered. */
function runtime() {
  const answer = async (token: string) => {
    answered.push(token);
  };
  const waking = { ...cloud.runtime.waking, answer };
  return { ...cloud.runtime, waking, world: cloud.worldWaking(waking) };
}

async function write(...states: readonly ActionState[]): Promise<void> {
  for (const state of states) {
    let expected: number | null = null;
    for (let version = 1; version <= state.version; version += 1) {
      await cloud.memory.store.writeState({ ...state, version }, expected);
      expected = version;
    }
  }
}

async function parkIt(token = "token"): Promise<void> {
  await park(runtime(), { run: "r1", token }, cloud.context());
}

async function tellOfChild(): Promise<void> {
  const Records = await changesOf([anEnd(child)], cloud.memory);
  await notify(runtime(), { Records }, cloud.context());
}

describe("a parked run", () => {
  beforeEach(async () => {
    await cloud.memory.store.putSpecs([root]);
    await write(suspended, child);
  });

  it("is woken when a child ends after it was parked", async () => {
    await parkIt();
    expect(answered).toEqual([]);
    await tellOfChild();
    expect(answered).toEqual(["token"]);
  });

  it("is woken at once when a child has ended before it was parked", async () => {
    await tellOfChild();
    expect(answered).toEqual([]);
    await parkIt();
    expect(answered).toEqual(["token"]);
  });

  it("is woken when both happen at the same time, whichever step comes when", async () => {
    for (let stops = 0; stops < 30; stops += 1) {
      cloud = await MemoryCloud.open();
      cloud.close();
      answered = [];
      await cloud.memory.store.putSpecs([root]);
      await write(suspended, child);
      const parking = parkIt();
      for (let turn = 0; turn < stops; turn += 1) await Promise.resolve();
      await Promise.all([parking, tellOfChild()]);
      expect(answered.length, `after ${stops} turns`).toBeGreaterThan(0);
    }
  });

  it("is woken when it was aborted", async () => {
    await parkIt();
    const end = anEnd(suspended, { status: "aborted" });
    await notify(runtime(), { Records: await changesOf([end], cloud.memory) }, cloud.context());
    expect(answered).toEqual(["token"]);
  });

  it("is answered by its latest token", async () => {
    await parkIt("first");
    await parkIt("second");
    await tellOfChild();
    expect(answered).toEqual(["second"]);
  });

  it("is not woken by a message from before it last ran", async () => {
    await parkIt();
    const message = { kind: "run", action: "r1/a0", spec: null, epoch: 0 } as const;
    await runtime().world.queue.send([{ queue: "orders", message, delayMs: 0 }]);
    expect(answered).toEqual([]);
    expect(cloud.memory.queue.depth(SERVICE_QUEUE)).toBe(0);
  });
});

describe("a message for a root action", () => {
  const message = { kind: "run", action: "r1/a0", spec: root, epoch: 1 } as const;

  it("goes to no environment's queue", async () => {
    await write(suspended);
    await runtime().world.queue.send([{ queue: "orders", message, delayMs: 60_000 }]);
    expect(cloud.memory.queue.depth("orders")).toBe(0);
    expect(cloud.memory.queue.depth(SERVICE_QUEUE)).toBe(1);
  });

  it("that comes before the state it is about comes again after it, and wakes the run", async () => {
    const running = aState({ id: "r1/a0", status: "running", owner: "driver:r1" });
    await write(running);
    await parkIt();
    answered = [];
    await runtime().world.queue.send([{ queue: "orders", message, delayMs: 0 }]);
    expect(answered).toEqual([]);
    await cloud.memory.store.writeState({ ...running, version: 2, status: "queued", owner: null }, 1);
    const [delivery] = await cloud.clock.runUntil(cloud.memory.queue.receive(SERVICE_QUEUE, 1, 60_000));
    if (delivery === undefined) throw new Error("The message did not come again.");
    const answer = await timers(runtime(), sqsEventOf([delivery]), cloud.context());
    expect(answer).toEqual({ batchItemFailures: [] });
    expect(answered).toEqual(["token"]);
  });

  it("that says it is due too early is asked for again when it is", async () => {
    const readyMs = cloud.clock.nowMs() + 3_000_000;
    await write(aState({ id: "r1/a0", status: "queued", owner: null, readyMs }));
    await runtime().world.queue.send([{ queue: "orders", message, delayMs: 0 }]);
    await parkIt();
    expect(answered).toEqual([]);
    const [delivery] = await cloud.clock.runUntil(cloud.memory.queue.receive(SERVICE_QUEUE, 1, 4_000_000));
    if (delivery === undefined) throw new Error("The message did not come again.");
    expect(cloud.clock.nowMs()).toBeGreaterThanOrEqual(readyMs);
    await timers(runtime(), sqsEventOf([delivery]), cloud.context());
    expect(answered).toEqual(["token"]);
  });
});
