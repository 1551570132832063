import { describe, expect, it } from "vitest";
import { map, run } from "../../sdk/index.ts";
import { any, aSeenBackend, driverOf, even, seen, slowly, workOn } from "./map-items.ts";

describe("iterating over a map", () => {
  it("has at most `concurrency` results and calls outstanding, however slow its consumer is", async () => {
    const backend = aSeenBackend();
    const most = { outstanding: 0 };
    const { output } = await backend.run(
      driverOf(async () => {
        let read = 0;
        let taken = 0;
        function* items() {
          for (let n = 0; n < 20; n += 1) {
            read += 1;
            most.outstanding = Math.max(most.outstanding, read - taken);
            yield 0;
          }
        }
        for await (const _ of map(any, items(), { concurrency: 4 })) {
          taken += 1;
          await workOn(10);
        }
        return taken;
      }),
    );
    expect(output).toBe(20);
    expect(most.outstanding).toBeLessThanOrEqual(4 + 1);
  });

  it("gives results in the order of the items, each as soon as it and those before it are there", async () => {
    const backend = aSeenBackend();
    const { output } = await backend.run(driverOf(async () => await Array.fromAsync(map(any, [3, 0, 1]))));
    expect(output).toEqual([30, 0, 10]);
  });

  it("throws the first failure, and cancels what still runs", async () => {
    const backend = aSeenBackend();
    const { error, actions } = await backend.run(
      driverOf(async () => await Array.fromAsync(map(even, [0, 1, 60], { concurrency: 3 }))),
    );
    expect(error).toMatchObject({ message: "1 is odd" });
    expect(actions.aborted).toBe(1);
  });

  it("throws a failure at once, though an earlier item still runs", async () => {
    const backend = aSeenBackend();
    const startMs = backend.clock.nowMs();
    const { error } = await backend.run(
      driverOf(async () => await Array.fromAsync(map(even, [6_000, 1], { concurrency: 2 }))),
    );
    expect(error).toMatchObject({ message: "1 is odd" });
    expect(backend.clock.nowMs() - startMs).toBeLessThan(60_000);
  });

  it("cancels what still runs and closes its items when the consumer leaves", async () => {
    const backend = aSeenBackend();
    const closed: string[] = [];
    const { output, actions } = await backend.run(
      driverOf(async () => {
        function* items() {
          try {
            yield* [0, 50, 60, 70];
          } finally {
            closed.push("items");
          }
        }
        for await (const result of map(any, items(), { concurrency: 2 })) return result;
        return null;
      }),
    );
    expect(output).toBe(0);
    expect(closed).toEqual(["items"]);
    expect(actions).toMatchObject({ aborted: 1, succeeded: 2 });
  });

  it("outside of a run works as well", async () => {
    aSeenBackend();
    seen.backend = null;
    expect(await Array.fromAsync(map(any, slowly([1, 2]), { concurrency: 1 }))).toEqual([10, 20]);
  });

  it("over items of which reading fails ends with that error", async () => {
    const backend = aSeenBackend();
    async function* broken() {
      yield 1;
      throw new TypeError("cannot be read");
    }
    const iterated = await backend.run(driverOf(async () => await Array.fromAsync(map(any, broken()))));
    expect(iterated.error).toMatchObject({ message: "cannot be read" });
    const awaited = await backend.run(driverOf(async () => await map(any, broken())));
    expect(awaited.error).toMatchObject({ message: "cannot be read" });
    expect(await run(any, 1, { backend }).then((handle) => handle.name)).toMatch(/^any-/);
  });
});
