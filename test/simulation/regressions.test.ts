/** One small example for each fault of the engine that the simulation has found. */
import { describe, expect, it } from "vitest";
import { claimAction, initialState } from "../../sdk/core/action-state.ts";
import { decode } from "../../sdk/core/codec/decode.ts";
import type { ActionState } from "../../sdk/core/records.ts";
import { callChild, callTimer } from "../../sdk/engine/children.ts";
import { claimDelivery } from "../../sdk/engine/claim.ts";
import { type ActionContext, currentContext } from "../../sdk/engine/context.ts";
import { ParentCheck } from "../../sdk/engine/parent-check.ts";
import { callTrace } from "../../sdk/engine/trace.ts";
import { callTraceStream } from "../../sdk/engine/trace-stream.ts";
import { aSpec } from "../support/records.ts";
import { refTo, SmallCluster, withStore } from "./small-cluster.ts";

describe("an action that is replayed", () => {
  it("runs no trace again that the replay has just answered", async () => {
    const bodies: string[] = [];
    const task = async () => {
      const one = await trace("one", () => bodies.push("one"));
      await callTimer(here(), 60_000);
      return [one, await trace("two", () => bodies.push("two"))];
    };
    const end = await new SmallCluster({ tasks: { "orders.root": task } }).run(refTo("orders.root"));
    expect(resultOf(end)).toEqual([1, 2]);
    expect(bodies).toEqual(["one", "two"]);
  });

  it("starts what its code asks for after the last recorded call", async () => {
    const task = async () => {
      await trace("recorded", () => undefined);
      return await callChild(here(), refTo("orders.child"), 7).result;
    };
    let failures = 0;
    // The first executor gives up before the child is written down.
    const cluster = new SmallCluster({
      tasks: { "orders.root": task, "orders.child": (input: unknown) => input },
      world: (backend) =>
        withStore(backend, (store) => ({
          putSpecs: async (specs) => {
            failures += 1;
            if (failures <= 8) throw new Error("The storage is away.");
            await store.putSpecs(specs);
          },
        })),
    });
    expect(resultOf(await cluster.run(refTo("orders.root")))).toBe(7);
  });

  it("knows what it had recorded before it was kept from its suspension by news", async () => {
    let bodies = 0;
    const task = async () => {
      await trace("one", () => {
        bodies += 1;
      });
      await callTimer(here(), 500);
      return bodies;
    };
    // A suspension takes a second to arrive: by then the timer has ended.
    const cluster = new SmallCluster({
      tasks: { "orders.root": task },
      world: (backend) =>
        withStore(backend, (store) => ({
          writeState: async (next, expected) => {
            if (next.status === "suspended") await backend.clock.wait(1_000);
            return await store.writeState(next, expected);
          },
        })),
    });
    expect(resultOf(await cluster.run(refTo("orders.root")))).toBe(1);
  });
});

describe("a traced generator", () => {
  it("keeps the traces inside its steps apart", async () => {
    let calls = 0;
    const task = async () => {
      const items: unknown[] = [];
      const stream = callTraceStream(here(), { name: "stream", version: "1", args: [] }, async function* () {
        for (let item = 0; item < 3; item += 1) yield await trace("inner", () => ++calls);
      });
      for await (const item of stream) items.push(item);
      return items;
    };
    const cluster = new SmallCluster({ tasks: { "orders.root": task } });
    const end = await cluster.run(refTo("orders.root"));
    expect(resultOf(end)).toEqual([1, 2, 3]);
    const batches = await cluster.backend.store.readJournal("run/a0");
    const ids = batches.flatMap((batch) => batch.records.map((record) => record.id));
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe("storage that fails for a while", () => {
  it("costs an action no attempt, although its result could not be stored", async () => {
    const large = "x".repeat(1_000);
    let failures = 0;
    const task = async () => [await trace("large", () => large), here().execution.claimed.state.attempt];
    const cluster = new SmallCluster({
      tasks: { "orders.root": task },
      world: (backend) => ({
        ...backend,
        blobs: {
          get: (key) => backend.blobs.get(key),
          put: async (key, bytes) => {
            failures += 1;
            if (failures <= 10) throw new Error("The storage is away.");
            await backend.blobs.put(key, bytes);
          },
        },
      }),
    });
    const end = await cluster.run(
      refTo("orders.root", { retries: { count: 3, baseMs: 0, factor: 1, capMs: 0 } }),
    );
    expect(end).toMatchObject({ status: "succeeded", attempt: 1 });
  });

  it("leaves a replica all its slots, also when an action cannot be read after news", async () => {
    let isAway = false;
    const task = async () => {
      await callTimer(here(), 500);
      isAway = false;
      return "done";
    };
    let reads = 0;
    const cluster = new SmallCluster({
      tasks: { "orders.root": task },
      world: (backend) =>
        withStore(backend, (store) => ({
          writeState: async (next, expected) => {
            if (next.status === "suspended" && reads === 0) {
              await backend.clock.wait(1_000);
              isAway = true;
            }
            return await store.writeState(next, expected);
          },
          readJournal: async (action) => {
            reads += 1;
            if (isAway && reads <= 8) throw new Error("The storage is away.");
            return await store.readJournal(action);
          },
        })),
    });
    expect(resultOf(await cluster.run(refTo("orders.root")))).toBe("done");
    expect(reads).toBeGreaterThan(8);
  });
});

describe("a message", () => {
  const maxQueuedMs = 1_000;

  it("that comes back long after its action was claimed finds it running, whatever the limit of its queue was", async () => {
    const { backend, clock } = new SmallCluster({ tasks: {} });
    const timeouts = { maxRuntimeMs: null, maxQueuedMs, deadlineMs: null };
    const spec = aSpec({ id: "run/a0", createdMs: clock.nowMs(), policy: { ...refTo("").policy, timeouts } });
    const message = { kind: "run", action: spec.id, spec, epoch: 0 } as const;
    const delivery = { queue: "orders", messageId: "m", receipt: "r", message };
    await backend.store.putSpecs([spec]);
    const parents = new ParentCheck(backend);
    expect((await claimDelivery(backend, delivery, parents, false)).kind).toBe("claimed");
    await clock.advance(10 * maxQueuedMs);
    expect((await claimDelivery(backend, delivery, parents, false)).kind).toBe("claimed");
  });

  it("starts nothing once its action has moved on, although an old receiver still holds it", () => {
    const first = { messageId: "first", epoch: 0, mark: "1", nowMs: Date.UTC(2031, 0, 1) };
    const running = written(claimAction(initialState(aSpec()), first));
    const suspended: ActionState = { ...running, status: "suspended", owner: null, inbox: 1 };
    expect(claimAction(suspended, { ...first, mark: "2" })).toEqual({ kind: "refuse", reason: "duplicate" });
    const wakeUp = { ...first, messageId: "second", epoch: 1, mark: "3" };
    expect(written(claimAction(suspended, wakeUp))).toMatchObject({ epoch: 2, owner: "second" });
  });

  it("for the next attempt waits until this one is written down as failed", () => {
    const first = { messageId: "first", epoch: 0, mark: "1", nowMs: Date.UTC(2031, 0, 1) };
    const running = written(claimAction(initialState(aSpec()), first));
    const next = { ...first, messageId: "second", epoch: 1 };
    expect(claimAction(running, next)).toEqual({ kind: "refuse", reason: "early" });
    expect(written(claimAction({ ...running, status: "queued", owner: null }, next))).toMatchObject({
      epoch: 2,
    });
  });
});

function here(): ActionContext {
  const context = currentContext();
  if (context === null) throw new Error("This code runs inside an action only.");
  return context;
}

function trace(name: string, body: () => unknown): Promise<unknown> {
  return callTrace(here(), { name, version: "1", args: [] }, body);
}

function resultOf({ outcome }: ActionState): unknown {
  if (outcome?.kind !== "value" || outcome.payload.kind !== "inline") {
    throw new Error(`The action has no inline value, but ${JSON.stringify(outcome)}.`);
  }
  return decode(outcome.payload.bytes);
}

function written(decision: ReturnType<typeof claimAction>): ActionState {
  if (decision.kind === "refuse") throw new Error(`The claim was refused: ${decision.reason}.`);
  return decision.next;
}
