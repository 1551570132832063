import { describe, expect, it } from "vitest";
import { map } from "../../sdk/index.ts";
import { crasher } from "./crashes.ts";
import { any, aSeenBackend, driverOf, seen, slowly, workOn } from "./map-items.ts";

describe("map", () => {
  it("gives the results in the order of the items, whichever ends first", async () => {
    const backend = aSeenBackend();
    const { output, actions } = await backend.run(driverOf(async () => await map(any, [4, 0, 2])));
    expect(output).toEqual([40, 0, 20]);
    expect(actions.succeeded).toBe(4);
  });

  it.each([
    ["an array", []],
    ["a set", new Set<number>()],
    ["an async iterable", slowly([])],
  ])("of %s without items is an empty array", async (_, items) => {
    const backend = aSeenBackend();
    expect((await backend.run(driverOf(async () => await map(any, items)))).output).toEqual([]);
    expect((await backend.run(driverOf(async () => await Array.fromAsync(map(any, items))))).output).toEqual(
      [],
    );
  });

  it.each<[string, () => Iterable<number> | AsyncIterable<number>]>([
    ["a set", () => new Set([3, 1])],
    ["a generator", () => [3, 1].values()],
    ["an async generator", () => slowly([3, 1])],
  ])("takes %s", async (_, items) => {
    const backend = aSeenBackend();
    expect((await backend.run(driverOf(async () => await map(any, items())))).output).toEqual([30, 10]);
  });

  it.each([1, 3])("has at most %i calls under way when told so", async (concurrency) => {
    const backend = aSeenBackend();
    const items = Array.from({ length: 10 }, (_, n) => n);
    await backend.run(driverOf(async () => await map(any, items, { concurrency })));
    expect(seen.most).toBe(concurrency);
    expect(seen.started).toEqual(items);
  });

  it("starts all at once when not told otherwise", async () => {
    const backend = aSeenBackend();
    await backend.run(
      driverOf(
        async () =>
          await map(
            any,
            Array.from({ length: 50 }, (_, n) => n),
          ),
      ),
    );
    expect(seen.most).toBe(50);
  });

  it("starts nothing before it is awaited or iterated over, and awaited twice is one map", async () => {
    const backend = aSeenBackend();
    const { output, listed } = await backend.run(
      driverOf(async () => {
        map(any, [1, 2, 3]);
        const mapped = map(any, [4]);
        return [await mapped, await mapped];
      }),
    );
    expect(output).toEqual([[40], [40]]);
    expect(listed.length).toBe(2);
  });

  it("runs plain functions and traces too, also outside of a run", async () => {
    const backend = aSeenBackend();
    expect(await map(async (n: number) => n + 1, [1, 2])).toEqual([2, 3]);
    expect(await map((n: number) => n + 1, slowly([1, 2]), { concurrency: 1 })).toEqual([2, 3]);
    seen.backend = null;
    expect(await map(any.fn, [0])).toEqual([0]);
    const { output } = await backend.run(driverOf(async () => await map(workOn, [1, 2])));
    expect(seen.started).toEqual([0, 1, 2]);
    expect(output).toEqual([undefined, undefined]);
  });

  it("goes on after a crash in the middle, and no item runs twice that had ended", async () => {
    const backend = aSeenBackend();
    const crash = crasher(backend);
    const items = [0, 1, 2, 3, 4, 5];
    const { output } = await backend.run(
      driverOf(async () => {
        const results: number[] = [];
        for await (const result of map(any, items, { concurrency: 2 })) {
          results.push(result);
          if (result === 20) await crash("in the middle");
        }
        return results;
      }),
    );
    expect(output).toEqual([0, 10, 20, 30, 40, 50]);
    for (const item of [0, 1, 2]) expect(seen.started.filter((one) => one === item).length).toBe(1);
  });
});
