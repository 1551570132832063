import { describe, expect, it } from "vitest";
import { ActionAbortedError, currentAction, run, sleep, TaskEnvironment, trace } from "../../sdk/index.ts";
import type { ActionRow } from "../../sdk/ports.ts";
import type { TestBackend } from "../../sdk/testing.ts";
import { aBackend, Tally } from "./crashes.ts";

const environment = new TaskEnvironment("orphans", { reusable: { replicas: 2, concurrency: 10 } });

const world = { backend: null as TestBackend | null, tally: new Tally() };

/** Works for an hour, and counts what it did after that. */
const workLong = trace(async function workLong() {
  await world.backend?.clock.wait(3_600_000);
});
const grandchild = environment.task(async function grandchild() {
  await workLong();
  world.tally.add("grandchild went on");
});
const child = environment.task(async function child() {
  await grandchild();
  world.tally.add("child went on");
});
const failing = environment.task(async function failing() {
  await sleep("1m");
  throw new RangeError("it broke");
});

function aWorld(): TestBackend {
  world.backend = aBackend();
  world.tally = new Tally();
  return world.backend;
}

function statusOf(rows: readonly ActionRow[], name: string): string | undefined {
  return rows.find((row) => row.name === `orphans.${name}`)?.status;
}

let made = 0;

function taskOf<Out>(fn: () => Promise<Out>, options: { readonly retries?: number } = {}) {
  made += 1;
  return environment.task(async () => await fn(), { name: `driver_${made}`, ...options });
}

describe("children that nobody waits for any more", () => {
  it("are aborted with their descendants when their parent returns", async () => {
    const backend = aWorld();
    const { output, listed } = await backend.run(
      taskOf(async () => {
        void child();
        await sleep("1m");
        return "done";
      }),
    );
    expect(output).toBe("done");
    expect([statusOf(listed, "child"), statusOf(listed, "grandchild")]).toEqual(["aborted", "aborted"]);
    await backend.clock.advance(7_200_000);
    expect(world.tally.counts).toEqual({});
  });

  it("are aborted with their descendants when their parent fails", async () => {
    const backend = aWorld();
    const { error, listed, actions } = await backend.run(
      taskOf(async () => await Promise.all([child(), failing()])),
    );
    expect(error).toMatchObject({ name: "RangeError", message: "it broke" });
    expect([statusOf(listed, "child"), statusOf(listed, "grandchild")]).toEqual(["aborted", "aborted"]);
    expect(actions).toMatchObject({ queued: 0, running: 0, suspended: 0 });
  });

  it("are aborted with their descendants when the run is", async () => {
    const backend = aWorld();
    const handle = await run(
      taskOf(async () => await child()),
      undefined,
      { backend },
    );
    await backend.clock.advance(60_000);
    await handle.abort("it was started by mistake");
    await expect(backend.clock.runUntil(handle.result())).rejects.toThrow(
      /was aborted: it was started by mistake/,
    );
    await backend.clock.advance(10_000);
    const { actions } = await backend.catalog.summarize(handle.name);
    expect(actions).toMatchObject({ aborted: 3, succeeded: 0, running: 0, queued: 0, suspended: 0 });
    await backend.clock.advance(7_200_000);
    expect(world.tally.counts).toEqual({});
  });

  it("go on while their parent is tried again, which takes what they give", async () => {
    const backend = aWorld();
    const { output, listed } = await backend.run(
      taskOf(
        async () => {
          const working = child();
          await sleep("1m");
          if (currentAction().attempt === 1) throw new Error("again");
          await working;
          return "done";
        },
        { retries: 1 },
      ),
    );
    expect(output).toBe("done");
    expect(listed.filter((row) => row.name === "orphans.child").map((row) => row.status)).toEqual([
      "succeeded",
    ]);
    expect(world.tally.counts).toEqual({ "child went on": 1, "grandchild went on": 1 });
  });

  it("are never started when their parent returns at once", async () => {
    const backend = aWorld();
    const { output, actions } = await backend.run(
      taskOf(async () => {
        void child();
        return "done";
      }),
    );
    expect(output).toBe("done");
    await backend.clock.advance(7_200_000);
    expect(world.tally.counts).toEqual({});
    expect(actions.succeeded).toBe(1);
  });
});

describe("an action that is aborted", () => {
  it("is told by its signal, with the reason", async () => {
    const backend = aWorld();
    const reasons: unknown[] = [];
    const listening = taskOf(async () => {
      const { signal } = currentAction();
      signal.addEventListener("abort", () => reasons.push(signal.reason));
      await workLong();
    });
    const handle = await run(listening, undefined, { backend });
    await backend.clock.advance(60_000);
    await handle.abort();
    await backend.clock.advance(5_000);
    expect(reasons).toHaveLength(1);
    expect(reasons[0]).toBeInstanceOf(ActionAbortedError);
    expect(await handle.status()).toBe("aborted");
  });

  it("is not tried again, whatever its retries say", async () => {
    const backend = aWorld();
    const task = taskOf(async () => await workLong(), { retries: 5 });
    const handle = await run(task, undefined, { backend });
    await backend.clock.advance(60_000);
    await handle.abort("no more");
    await backend.clock.advance(3_600_000);
    const [root] = await backend.catalog.listActions(handle.name, { limit: 1 });
    expect(root).toMatchObject({ status: "aborted", attempt: 1 });
  });
});
