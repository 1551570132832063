import { describe, expect, it } from "vitest";
import { sleep, type Task, TaskEnvironment, trace } from "../../sdk/index.ts";
import type { TestBackend } from "../../sdk/testing.ts";
import { aBackend, crasher, Tally } from "./crashes.ts";

const environment = new TaskEnvironment("flow", { reusable: { replicas: 4, concurrency: 10 } });
const narrow = new TaskEnvironment("flow-narrow", { reusable: { replicas: 1, concurrency: 1 } });

const world = { backend: null as TestBackend | null };

const waitMs = trace(async function waitMs(ms: number) {
  await world.backend?.clock.wait(ms);
});
const lasting = environment.task(async function lasting(input: { ms: number; fails?: boolean }) {
  await waitMs(input.ms);
  if (input.fails === true) throw new RangeError(`failed after ${input.ms}`);
  return input.ms;
});
const tree: Task<number, number> = narrow.task(async function branch(depth: number): Promise<number> {
  if (depth === 0) return 1;
  const [left, right] = await Promise.all([tree(depth - 1), tree(depth - 1)]);
  return (left ?? 0) + (right ?? 0);
});

function aWorld(): TestBackend {
  world.backend = aBackend();
  return world.backend;
}

let made = 0;

function taskOf<Out>(fn: () => Promise<Out>) {
  made += 1;
  return environment.task(async () => await fn(), { name: `driver_${made}` });
}

describe("a driver's control flow", () => {
  it("may wait for all of many children at once", async () => {
    const backend = aWorld();
    const startMs = backend.clock.nowMs();
    const { output } = await backend.run(
      taskOf(async () => await Promise.all([3_000, 1_000, 2_000].map((ms) => lasting({ ms })))),
    );
    expect(output).toEqual([3_000, 1_000, 2_000]);
    expect(backend.clock.nowMs() - startMs).toBeLessThan(6_000);
  });

  it("may wait for all to settle, and sees which failed", async () => {
    const backend = aWorld();
    const { output } = await backend.run(
      taskOf(async () => await Promise.allSettled([lasting({ ms: 5, fails: true }), lasting({ ms: 1 })])),
    );
    expect(output).toMatchObject([{ reason: { name: "RangeError" } }, { value: 1 }]);
  });

  it("may take the first that succeeds", async () => {
    const backend = aWorld();
    const { output } = await backend.run(
      taskOf(
        async () =>
          await Promise.any([lasting({ ms: 1, fails: true }), lasting({ ms: 900 }), lasting({ ms: 50 })]),
      ),
    );
    expect(output).toBe(50);
  });

  it.each([
    ["children", () => [lasting({ ms: 300 }), lasting({ ms: 100 }), lasting({ ms: 200 })]],
    ["traces", () => [300, 100, 200].map(async (ms) => await waitMs(ms).then(() => ms))],
    [
      "a trace, a child and a timer",
      () => [waitMs(5_000).then(() => 300), lasting({ ms: 100 }), sleep("8s").then(() => 200)],
    ],
  ])("replays the same winner of a race of %s after a crash, when all have ended", async (_, racers) => {
    const backend = aWorld();
    const crash = crasher(backend);
    const winners: unknown[] = [];
    const { output } = await backend.run(
      taskOf(async () => {
        const all = racers();
        const winner = await Promise.race(all);
        winners.push(winner);
        await Promise.all(all);
        await crash("when all have ended");
        return winner;
      }),
    );
    expect(output).toBe(100);
    expect(winners).toEqual([100, 100]);
  });

  it("may use a child's deadline of its own, as a race with a timer", async () => {
    const backend = aWorld();
    const { output, listed } = await backend.run(
      taskOf(
        async () => await Promise.race([lasting({ ms: 3_600_000 }), sleep("1m").then(() => "too slow")]),
      ),
    );
    expect(output).toBe("too slow");
    expect(listed.find((row) => row.name === "flow.lasting")?.status).toBe("aborted");
  });

  it("may limit itself how many run at once", async () => {
    const backend = aWorld();
    const tally = new Tally();
    const crash = crasher(backend);
    const { output } = await backend.run(
      taskOf(async () => {
        const left = [5, 4, 3, 2, 1].map((n) => n * 1_000);
        const ended: number[] = [];
        const next = async () => {
          for (let ms = left.pop(); ms !== undefined; ms = left.pop()) ended.push(await lasting({ ms }));
        };
        await Promise.all([next(), next()]);
        await crash("at the end");
        tally.add("ended");
        return ended;
      }),
    );
    expect(output).toEqual([1_000, 2_000, 3_000, 4_000, 5_000]);
    expect(tally.counts).toEqual({ ended: 1 });
  });

  it("may go on with a child that it asked for long before, and with one that it catches the error of", async () => {
    const backend = aWorld();
    const crash = crasher(backend);
    const { output } = await backend.run(
      taskOf(async () => {
        const early = lasting({ ms: 10 });
        const failing = lasting({ ms: 20, fails: true }).catch((error: unknown) => (error as Error).message);
        await sleep("1h");
        await crash("after the sleep");
        return [await failing, await early];
      }),
    );
    expect(output).toEqual(["failed after 20", 10]);
  });

  it("may call children of children to any depth in a fleet of one slot", async () => {
    const backend = aWorld();
    const { output, actions } = await backend.run(tree, 4);
    expect(output).toBe(16);
    expect(actions.succeeded).toBe(31);
  });

  it("asks for equal children as often as they are called", async () => {
    const backend = aWorld();
    const { listed } = await backend.run(
      taskOf(async () => await Promise.all([lasting({ ms: 1 }), lasting({ ms: 1 }), lasting({ ms: 1 })])),
    );
    expect(listed.length).toBe(4);
  });
});

describe("sleep", () => {
  it("is not begun anew by a replay", async () => {
    const backend = aWorld();
    const crash = crasher(backend);
    const startMs = backend.clock.nowMs();
    const { output } = await backend.run(
      taskOf(async () => {
        const long = sleep("1h");
        await waitMs(30 * 60_000);
        await crash("after half an hour");
        await long;
        return "awake";
      }),
    );
    expect(output).toBe("awake");
    const tookMs = backend.clock.nowMs() - startMs;
    expect(tookMs).toBeGreaterThanOrEqual(3_600_000);
    expect(tookMs).toBeLessThan(3_600_000 + 60_000);
  });

  it("survives the death of all workers while it lasts", async () => {
    const backend = aWorld();
    const task = taskOf(async () => {
      await sleep("6h");
      await sleep("6h");
      return "awake";
    });
    const handle = backend.run(task);
    await backend.clock.advance(3 * 3_600_000);
    backend.crashWorkers();
    expect((await handle).output).toBe("awake");
  });

  it("of nothing is over at once", async () => {
    const backend = aWorld();
    const { output } = await backend.run(
      taskOf(async () => {
        await sleep("0s");
        return "awake";
      }),
    );
    expect(output).toBe("awake");
  });
});
