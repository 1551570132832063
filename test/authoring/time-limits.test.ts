import { describe, expect, it } from "vitest";
import { currentAction, map, run, sleep, TaskEnvironment, type TaskOptions, trace } from "../../sdk/index.ts";
import type { TestBackend, TestRun } from "../../sdk/testing.ts";
import { aBackend, Tally } from "./crashes.ts";

const wide = new TaskEnvironment("limits", { reusable: { replicas: 2, concurrency: 10 } });
const narrow = new TaskEnvironment("limits-narrow", { reusable: { replicas: 1, concurrency: 1 } });

const minuteMs = 60_000;
const world = { backend: null as TestBackend | null };

const work = trace(async function work(ms: number) {
  await world.backend?.clock.wait(ms);
});
/** Other names, so that no attempt finds the work of the one before done. */
const workAgain = trace(async function workAgain(_attempt: number, ms: number) {
  await world.backend?.clock.wait(ms);
});

function aWorld(): TestBackend {
  world.backend = aBackend();
  return world.backend;
}

let made = 0;

function taskOf<Out>(fn: () => Promise<Out>, options: TaskOptions = {}, environment = wide) {
  made += 1;
  return environment.task(async () => await fn(), { name: `task_${made}`, ...options });
}

/** Runs a task and tells how long it took in virtual time. */
async function timed<Out>(
  task: ReturnType<typeof taskOf<Out>>,
): Promise<TestRun<Out> & { readonly tookMs: number }> {
  const backend = aWorld();
  const startMs = backend.clock.nowMs();
  const ended = await backend.run(task);
  return { ...ended, tookMs: backend.clock.nowMs() - startMs };
}

const oneRetry = { count: 1, backoff: { base: "1s" } } as const;

describe("maxRuntime", () => {
  it("ends an attempt that runs for longer, and tells the code by its signal", async () => {
    const reasons: string[] = [];
    const task = taskOf(
      async () => {
        const { signal } = currentAction();
        signal.addEventListener("abort", () => reasons.push(String(signal.reason)));
        await work(60 * minuteMs);
      },
      { timeout: "10m" },
    );
    const { error, tookMs } = await timed(task);
    expect(error).toMatchObject({ name: "TaskTimeoutError", limit: "maxRuntime", limitMs: 600_000 });
    expect(reasons).toEqual([expect.stringMatching(/a time limit has passed/)]);
    expect(tookMs).toBeGreaterThanOrEqual(10 * minuteMs);
    expect(tookMs).toBeLessThan(11 * minuteMs);
  });

  it("holds for each attempt anew", async () => {
    const tally = new Tally();
    const task = taskOf(
      async () => {
        tally.add("attempt");
        await workAgain(
          currentAction().attempt,
          currentAction().attempt === 1 ? 60 * minuteMs : 5 * minuteMs,
        );
        return "done";
      },
      { timeout: { maxRuntime: "10m" }, retries: oneRetry },
    );
    const { output, tookMs } = await timed(task);
    expect(output).toBe("done");
    expect(tally.counts).toEqual({ attempt: 2 });
    expect(tookMs).toBeLessThan(17 * minuteMs);
  });

  it("holds while an action is suspended", async () => {
    const task = taskOf(
      async () => {
        await sleep("6h");
      },
      { timeout: "10m" },
    );
    const { error, tookMs } = await timed(task);
    expect(error).toMatchObject({ name: "TaskTimeoutError", limit: "maxRuntime" });
    expect(tookMs).toBeLessThan(11 * minuteMs);
  });

  it("does not concern an action that ends in time", async () => {
    const { output, actions } = await timed(
      taskOf(async () => await work(9 * minuteMs).then(() => 1), { timeout: "10m" }),
    );
    expect(output).toBe(1);
    expect(actions.succeeded).toBe(1);
  });

  it("may be overridden for some calls", async () => {
    const slow = taskOf(async () => await work(30 * minuteMs).then(() => "done"), { timeout: "10m" });
    const { output } = await timed(taskOf(async () => await slow.override({ timeout: "1h" })()));
    expect(output).toBe("done");
  });
});

describe("maxQueuedTime", () => {
  it("ends an action that finds no free worker in time", async () => {
    const busy = taskOf(async () => await work(60 * minuteMs), {}, narrow);
    const waiting = taskOf(async () => 1, { timeout: { maxQueuedTime: "10m" } }, narrow);
    const backend = aWorld();
    await run(busy, undefined, { backend });
    await backend.clock.advance(1_000);
    const { error, listed } = await backend.run(waiting);
    expect(error).toMatchObject({ name: "TaskTimeoutError", limit: "maxQueuedTime", limitMs: 600_000 });
    expect(listed).toMatchObject([{ status: "failed", startedMs: null }]);
  });

  it("does not count the time that an action runs, nor that of its backoff", async () => {
    const task = taskOf(
      async () => {
        await workAgain(currentAction().attempt, 30 * minuteMs);
        if (currentAction().attempt === 1) throw new Error("again");
        return "done";
      },
      { timeout: { maxQueuedTime: "1m" }, retries: { count: 1, backoff: { base: "10m" } } },
    );
    expect((await timed(task)).output).toBe("done");
  });
});

describe("deadline", () => {
  it("ends an action over all its attempts, though there are retries left", async () => {
    const tally = new Tally();
    const task = taskOf(
      async () => {
        tally.add("attempt");
        await workAgain(currentAction().attempt, 9 * minuteMs);
        throw new Error("again");
      },
      { timeout: { deadline: "30m" }, retries: { count: 100, backoff: { base: "1m" } } },
    );
    const { error, tookMs } = await timed(task);
    expect(error).toMatchObject({ name: "TaskTimeoutError", limit: "deadline", limitMs: 1_800_000 });
    expect(tally.counts).toEqual({ attempt: 3 });
    expect(tookMs).toBeGreaterThanOrEqual(30 * minuteMs);
    expect(tookMs).toBeLessThan(31 * minuteMs);
  });

  it.each<[string, () => Promise<unknown>, TaskOptions]>([
    ["suspended", async () => await sleep("6h"), {}],
    [
      "in its backoff",
      () => Promise.reject(new Error("again")),
      { retries: { count: 1, backoff: { base: "2h" } } },
    ],
    ["waiting for a child", async () => await taskOf(async () => await work(300 * minuteMs))(), {}],
  ])("ends an action while it is %s", async (_, body, options) => {
    const { error, tookMs, actions } = await timed(
      taskOf(body, { ...options, timeout: { deadline: "30m" } }),
    );
    expect(error).toMatchObject({ limit: "deadline" });
    expect(tookMs).toBeLessThan(31 * minuteMs);
    expect(actions).toMatchObject({ running: 0, queued: 0, suspended: 0 });
  });

  it("of a child is its own, and its parent sees the error", async () => {
    const slow = taskOf(async () => await work(60 * minuteMs), { timeout: { deadline: "1m" } });
    const parent = taskOf(async () => await slow().catch((error: unknown) => (error as Error).name));
    expect((await timed(parent)).output).toBe("TaskTimeoutError");
  });
});

describe("retries", () => {
  it("wait as their backoff says", async () => {
    const startsMs: number[] = [];
    const task = taskOf(
      async () => {
        startsMs.push(currentAction().now());
        throw new RangeError("no");
      },
      { retries: { count: 4, backoff: { base: "10s", factor: 2, cap: "30s" } } },
    );
    const { error } = await timed(task);
    expect(error).toMatchObject({ name: "RangeError" });
    const gapsMs = startsMs.slice(1).map((startMs, place) => startMs - (startsMs[place] ?? 0));
    expect(gapsMs.map((gapMs) => Math.floor(gapMs / 1_000))).toEqual([10, 20, 30, 30]);
  });

  it("of a child leave its parent waiting, and it sees the last error only", async () => {
    const tally = new Tally();
    const flaky = taskOf(
      async () => {
        throw new RangeError(`try ${tally.add("try")}`);
      },
      { retries: { count: 2, backoff: { base: "1h" } } },
    );
    const parent = taskOf(async () => await map(flaky, [undefined], { onError: "return" }));
    const { output, tookMs } = await timed(parent);
    expect(output).toMatchObject([{ status: "rejected", reason: { message: "try 3" } }]);
    expect(tookMs).toBeGreaterThanOrEqual(120 * minuteMs);
  });

  it("of an action ask failed children again, and take what the others gave", async () => {
    const tally = new Tally();
    const fine = taskOf(async () => tally.add("fine"));
    const flaky = taskOf(async () => {
      if (tally.add("flaky") === 1) throw new Error("not yet");
      return "now";
    });
    const parent = taskOf(async () => [await fine(), await flaky()], { retries: oneRetry });
    const { output } = await timed(parent);
    expect(output).toEqual([1, "now"]);
    expect(tally.counts).toEqual({ fine: 1, flaky: 2 });
  });

  it("do not count the loss of a worker", async () => {
    const tally = new Tally();
    const task = taskOf(async () => {
      if (tally.add("execution") <= 3) {
        world.backend?.crashWorkers();
        await new Promise(() => {});
      }
      return currentAction().attempt;
    });
    const { output } = await timed(task);
    expect(output).toBe(1);
    expect(tally.counts).toEqual({ execution: 4 });
  });

  it("end an action that loses each of its workers without any progress", async () => {
    const tally = new Tally();
    const task = taskOf(
      async () => {
        tally.add("execution");
        world.backend?.crashWorkers();
        await new Promise(() => {});
      },
      { retries: 5 },
    );
    const { error } = await timed(task);
    expect(error).toMatchObject({ name: "WorkerLostError", losses: 11 });
    expect(tally.counts).toEqual({ execution: 11 });
  });
});
