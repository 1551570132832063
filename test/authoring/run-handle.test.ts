import { describe, expect, it } from "vitest";
import { randomName } from "../../sdk/authoring/run.ts";
import { checkRunName } from "../../sdk/core/names.ts";
import {
  ActionAbortedError,
  RunHandle,
  type RunProgress,
  run,
  sleep,
  TaskEnvironment,
} from "../../sdk/index.ts";
import { aBackend } from "./crashes.ts";

const environment = new TaskEnvironment("handles", { reusable: { replicas: 1, concurrency: 10 } });

const slow = environment.task(async function slow(n: number) {
  await sleep("10s");
  return n * 2;
});
const failing = environment.task(async function failing() {
  throw Object.assign(new RangeError("it broke"), { code: "E7" });
});
const parent = environment.task(async function parent() {
  return (await slow(1)) + (await slow(2));
});

describe("a run's handle", () => {
  it("tells the status as it changes, and then the result", async () => {
    const backend = aBackend();
    const handle = await run(slow, 21, { backend, name: "doubled" });
    expect(handle).toBeInstanceOf(RunHandle);
    expect([handle.name, handle.created, await handle.status()]).toEqual(["doubled", true, "queued"]);
    await backend.clock.advance(1_000);
    expect(await handle.status()).toMatch(/running|suspended/);
    expect(await backend.clock.runUntil(handle.wait())).toBe("succeeded");
    expect(await handle.result()).toBe(42);
    expect(await handle.result()).toBe(42);
  });

  it("gives the error that the run failed with", async () => {
    const backend = aBackend();
    const handle = await run(failing, undefined, { backend });
    expect(await backend.clock.runUntil(handle.wait())).toBe("failed");
    await expect(handle.result()).rejects.toMatchObject({
      name: "RangeError",
      message: "it broke",
      code: "E7",
    });
    await expect(handle.result()).rejects.toBeInstanceOf(RangeError);
  });

  it("ends a run that is aborted, with the reason that was given", async () => {
    const backend = aBackend();
    const handle = await run(slow, 1, { backend });
    await handle.abort("the order was cancelled");
    expect(await backend.clock.runUntil(handle.wait())).toBe("aborted");
    await expect(handle.result()).rejects.toBeInstanceOf(ActionAbortedError);
    await expect(handle.result()).rejects.toMatchObject({ reason: "the order was cancelled" });
  });

  it("leaves a run as it is that has ended", async () => {
    const backend = aBackend();
    const handle = await run(slow, 4, { backend });
    await backend.clock.runUntil(handle.wait());
    await handle.abort();
    expect(await handle.result()).toBe(8);
  });

  it("shows the progress now, every so often, and at the end", async () => {
    const backend = aBackend();
    const handle = await run(parent, undefined, { backend });
    const looks: RunProgress[] = [];
    const watching = (async () => {
      for await (const look of handle.progress(1_000)) looks.push(look);
    })();
    await backend.clock.runUntil(watching);
    expect(looks[0]).toMatchObject({ status: "queued", elapsedMs: 0, actions: { succeeded: 0 } });
    expect(looks.at(-1)).toMatchObject({ status: "succeeded", actions: { succeeded: 3, running: 0 } });
    expect(looks.length).toBeGreaterThanOrEqual(20);
    for (const [place, look] of looks.entries()) {
      expect(look.elapsedMs).toBeGreaterThanOrEqual(looks[place - 1]?.elapsedMs ?? 0);
    }
    expect(looks.at(-1)?.elapsedMs).toBeGreaterThanOrEqual(20_000);
  });

  it("of the same name answers the run that is there, and starts nothing", async () => {
    const backend = aBackend();
    const first = await run(slow, 1, { backend, name: "once" });
    const second = await run(slow, 99, { backend, name: "once" });
    expect([first.created, second.created]).toEqual([true, false]);
    expect(await backend.clock.runUntil(second.result())).toBe(2);
    expect((await backend.catalog.listRuns(10)).length).toBe(1);
  });

  it("of the same name at the same moment is made once", async () => {
    const backend = aBackend();
    const handles = await Promise.all([1, 1, 1].map((n) => run(slow, n, { backend, name: "together" })));
    expect(handles.filter((handle) => handle.created).length).toBe(1);
    expect(await backend.clock.runUntil(Promise.all(handles.map((handle) => handle.result())))).toEqual([
      2, 2, 2,
    ]);
  });
});

describe("the name of a run that is given none", () => {
  it.each([
    ["scoring.scoreAll", /^score-all-[0-9a-f]{8}$/],
    ["batch.__main__", /^main-[0-9a-f]{8}$/],
    ["a.___", /^run-[0-9a-f]{8}$/],
    [`a.${"x".repeat(63)}`, /^x{50}-[0-9a-f]{8}$/],
  ])("comes from its task %s, and is a valid one", (task, form) => {
    expect(randomName(task)).toMatch(form);
    expect(checkRunName(randomName(task))).toMatch(form);
    expect(randomName(task)).not.toBe(randomName(task));
  });
});
