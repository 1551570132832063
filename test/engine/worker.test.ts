import { afterEach, describe, expect, it } from "vitest";
import { child, hire, queue, serve, signal, start, stateOf, taskRef, traced } from "./fleet.ts";
import { aWorld, leaseMs } from "./world.ts";

const world = { current: aWorld(), stop: new AbortController() };

/** A world of its own for each test, with its service. */
function open() {
  const current = aWorld();
  world.current = current;
  world.stop = serve(current);
  return current;
}

afterEach(() => world.stop.abort());

/** Takes that much virtual time, unless the action is ended before. */
const work = (ms: number) => world.current.clock.wait(ms);

describe("a worker", () => {
  it("executes an action and takes its message off the queue", async () => {
    const { clock, queue: queues, ...rest } = open();
    const { worker } = hire(world.current, { "orders.one": async (n) => (n as number) + 1 });
    const root = await start(world.current, "a-run", taskRef("orders.one"), 1);
    await clock.advance(100);
    expect((await stateOf(world.current, root))?.status).toBe("succeeded");
    expect(queues.depth(queue)).toBe(0);
    expect(worker.held).toBe(0);
    expect(await rest.store.readJournal(root)).toEqual([]);
  });

  it("runs no more actions at once than it has slots (W1)", async () => {
    const { clock } = open();
    let running = 0;
    const most = { seen: 0 };
    const busy = async () => {
      running += 1;
      most.seen = Math.max(most.seen, running);
      await traced("work", () => work(100));
      running -= 1;
    };
    hire(world.current, { "orders.busy": busy }, { concurrency: 3 });
    for (let n = 0; n < 10; n += 1) await start(world.current, `run-${n}`, taskRef("orders.busy"));
    await clock.advance(1_000);
    expect(most.seen).toBe(3);
    const { actions } = await world.current.catalog.summarize("run-9");
    expect(actions.succeeded).toBe(1);
  });

  it("lets an action that only waits give its slot to others, and take it again (W1)", async () => {
    const { clock } = open();
    hire(world.current, {
      "orders.parent": async () => [await child("orders.child", 1), await child("orders.child", 2)],
      "orders.child": async (n) => n,
    });
    const root = await start(world.current, "a-run", taskRef("orders.parent"));
    await clock.advance(1_000);
    expect((await stateOf(world.current, root))?.status).toBe("succeeded");
    expect((await stateOf(world.current, root))?.epoch).toBe(1);
  });

  it("gives up the slot of an action that went on by itself while all were taken", async () => {
    const { clock } = open();
    hire(world.current, {
      "orders.parent": async () => {
        const first = child("orders.child", 1);
        await work(50);
        return [await child("orders.child", 2), await first];
      },
      "orders.child": async (n) => n,
      "orders.other": async () => await traced("work", () => work(100)),
    });
    const parent = await start(world.current, "a-run", taskRef("orders.parent"));
    await start(world.current, "b-run", taskRef("orders.other"));
    await clock.advance(60_000);
    expect((await stateOf(world.current, parent))?.status).toBe("succeeded");
  });

  it("suspends an action that waits for long, and goes on with it when what it waits for has ended", async () => {
    const { clock } = open();
    const { worker } = hire(
      world.current,
      {
        "orders.parent": async () => await child("orders.slow"),
        "orders.slow": async () => await traced("work", () => work(5_000)),
      },
      { lingerMs: 1_000 },
    );
    const root = await start(world.current, "a-run", taskRef("orders.parent"));
    await clock.advance(2_000);
    expect((await stateOf(world.current, root))?.status).toBe("suspended");
    expect(worker.held).toBe(1);
    await clock.advance(5_000);
    expect(await stateOf(world.current, root)).toMatchObject({ status: "succeeded", epoch: 2 });
  });

  it("keeps the lease of a message for as long as its action runs", async () => {
    const { clock } = open();
    let runs = 0;
    const long = async () => {
      runs += 1;
      await traced("work", () => work(10 * leaseMs));
    };
    hire(world.current, { "orders.long": long }, { concurrency: 2 });
    const root = await start(world.current, "a-run", taskRef("orders.long"));
    await clock.advance(11 * leaseMs);
    expect(await stateOf(world.current, root)).toMatchObject({ status: "succeeded", epoch: 1 });
    expect(runs).toBe(1);
  });

  it("that is killed loses its action to another when the lease ends, and no sooner (W2)", async () => {
    const { clock } = open();
    const tasks = { "orders.long": async () => await traced("work", () => work(10_000)) };
    const first = hire(world.current, tasks);
    const root = await start(world.current, "a-run", taskRef("orders.long"));
    await clock.advance(5_000);
    first.kill();
    hire(world.current, tasks);
    await clock.advance(leaseMs - 10_000);
    expect(await stateOf(world.current, root)).toMatchObject({ status: "running", epoch: 1 });
    await clock.advance(20_000);
    expect(await stateOf(world.current, root)).toMatchObject({ status: "succeeded", epoch: 2 });
  });

  it("stops an action that was ended elsewhere within a second, and tells its code", async () => {
    const { clock } = open();
    const seen: string[] = [];
    const { worker } = hire(world.current, {
      "orders.long": async () => {
        const own = signal();
        own.addEventListener("abort", () => seen.push(String(own.reason)));
        await traced("work", () => work(60_000));
        seen.push("went on");
      },
    });
    const root = await start(world.current, "a-run", taskRef("orders.long"));
    await clock.advance(500);
    const state = await stateOf(world.current, root);
    if (state === null) throw new Error("The action was not claimed.");
    await world.current.store.writeState({ ...state, version: 2, epoch: 2, owner: "another" }, 1);
    await clock.advance(1_000);
    expect(worker.held).toBe(0);
    await clock.advance(60_000);
    expect(seen).toEqual([
      'ActionAbortedError: Action "orders.long" was aborted: the action was ended, or is executed elsewhere.',
    ]);
  });

  it("gives a message back when the world does not take its result, and finishes later", async () => {
    const { clock, store } = open();
    let isAway = true;
    const write = store.writeState.bind(store);
    Object.assign(store, {
      writeState: async (...args: Parameters<typeof write>) => {
        if (isAway && args[0].status === "succeeded") throw new Error("the table is away");
        return await write(...args);
      },
    });
    hire(world.current, { "orders.one": async () => 1 });
    const root = await start(world.current, "a-run", taskRef("orders.one"));
    await clock.advance(5_000);
    isAway = false;
    expect((await stateOf(world.current, root))?.status).toBe("running");
    await clock.advance(leaseMs + 20_000);
    expect((await stateOf(world.current, root))?.status).toBe("succeeded");
  });
});

describe("a worker that drains", () => {
  it("lets what runs end within the grace time, and takes nothing new", async () => {
    const { clock, queue: queues } = open();
    const { worker, served } = hire(world.current, {
      "orders.busy": async () => await traced("work", () => work(1_000)),
    });
    const first = await start(world.current, "run-1", taskRef("orders.busy"));
    await clock.advance(500);
    const second = await start(world.current, "run-2", taskRef("orders.busy"));
    await clock.runUntil(worker.drain(5_000));
    await served;
    expect((await stateOf(world.current, first))?.status).toBe("succeeded");
    expect(await stateOf(world.current, second)).toBe(null);
    expect(queues.depth(queue)).toBe(1);
    expect(worker.held).toBe(0);
  });

  it("hands back what has not ended by then, within the same attempt, and no finished trace runs again", async () => {
    const { clock } = open();
    const bodies: string[] = [];
    const tasks = {
      "orders.long": async () => {
        await traced("first", () => bodies.push("first"));
        await traced("second", async () => {
          bodies.push("second");
          await work(60_000);
        });
      },
    };
    const old = hire(world.current, tasks);
    const root = await start(world.current, "a-run", taskRef("orders.long"));
    await clock.advance(1_000);
    const startMs = clock.nowMs();
    await clock.runUntil(old.worker.drain(5_000));
    expect(clock.nowMs() - startMs).toBeLessThanOrEqual(6_000);
    expect(await stateOf(world.current, root)).toMatchObject({ status: "queued", attempt: 1 });
    hire(world.current, tasks);
    await clock.advance(70_000);
    expect(await stateOf(world.current, root)).toMatchObject({ status: "succeeded", attempt: 1, losses: 0 });
    expect(bodies).toEqual(["first", "second", "second"]);
  });

  it("hands back at once what only waits", async () => {
    const { clock } = open();
    const tasks = {
      "orders.parent": async () => await child("orders.slow"),
      "orders.slow": async () => await traced("work", () => work(60_000)),
    };
    const old = hire(world.current, tasks, { concurrency: 2, lingerMs: 600_000 });
    const root = await start(world.current, "a-run", taskRef("orders.parent"));
    await clock.advance(1_000);
    const drained = old.worker.drain(30_000);
    await clock.advance(100);
    expect((await stateOf(world.current, root))?.status).toBe("queued");
    hire(world.current, tasks, { concurrency: 2 });
    await clock.runUntil(drained);
    await clock.advance(120_000);
    expect((await stateOf(world.current, root))?.status).toBe("succeeded");
  });

  it("with nothing to do is done at once", async () => {
    const { clock } = open();
    const { worker, served } = hire(world.current, {});
    await clock.settle();
    const startMs = clock.nowMs();
    await clock.runUntil(worker.drain(30_000));
    await clock.runUntil(served);
    expect(clock.nowMs()).toBe(startMs);
  });
});

describe("a worker for one action", () => {
  it("takes one message though there are more, and stops when that action has ended", async () => {
    const { clock, queue: queues } = open();
    await start(world.current, "run-1", taskRef("orders.one"));
    await start(world.current, "run-2", taskRef("orders.one"));
    const { served } = hire(
      world.current,
      { "orders.one": async () => 1 },
      { isOneShot: true, concurrency: 5 },
    );
    await clock.runUntil(served);
    expect((await stateOf(world.current, "run-1/a0"))?.status).toBe("succeeded");
    expect(await stateOf(world.current, "run-2/a0")).toBe(null);
    expect(queues.depth(queue)).toBe(1);
  });

  it("waits for its message as long as it takes", async () => {
    const { clock } = open();
    const { served } = hire(world.current, { "orders.one": async () => 1 }, { isOneShot: true });
    await clock.advance(3_600_000);
    await start(world.current, "run-1", taskRef("orders.one"));
    await clock.runUntil(served);
    expect((await stateOf(world.current, "run-1/a0"))?.status).toBe("succeeded");
  });

  it("goes on by itself with an action that waits, until it is suspended", async () => {
    const { clock } = open();
    const tasks = { "orders.parent": async () => await child("orders.child"), "orders.child": async () => 7 };
    const one = hire(world.current, tasks, { isOneShot: true });
    await start(world.current, "a-run", taskRef("orders.parent"));
    await clock.runUntil(one.served);
    expect((await stateOf(world.current, "a-run/a0"))?.status).toBe("suspended");
    for (let n = 0; n < 2; n += 1)
      await clock.runUntil(hire(world.current, tasks, { isOneShot: true }).served);
    expect((await stateOf(world.current, "a-run/a0"))?.status).toBe("succeeded");
  });
});
