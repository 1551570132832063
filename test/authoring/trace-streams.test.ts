import { describe, expect, it } from "vitest";
import { TaskEnvironment, trace } from "../../sdk/index.ts";
import { aBackend, crasher, Tally } from "./crashes.ts";

const environment = new TaskEnvironment("streams", { reusable: { replicas: 1, concurrency: 10 } });

let made = 0;

function taskOf<Out>(fn: () => Promise<Out>, retries = 0) {
  made += 1;
  return environment.task(async () => await fn(), { name: `task_${made}`, retries });
}

/** Generators of both kinds that count each step of their body. */
const kinds: readonly (readonly [
  string,
  (tally: Tally) => (n: number) => AsyncGenerator<number, string, unknown>,
])[] = [
  [
    "a synchronous generator",
    (tally) =>
      trace(
        function* count(n: number) {
          for (let i = 0; i < n; i += 1) {
            tally.add(`item ${i}`);
            yield i;
          }
          tally.add("end");
          return "all";
        },
        { name: "count" },
      ),
  ],
  [
    "an async generator",
    (tally) =>
      trace(
        async function* count(n: number) {
          for (let i = 0; i < n; i += 1) {
            await Promise.resolve();
            tally.add(`item ${i}`);
            yield i;
          }
          tally.add("end");
          return "all";
        },
        { name: "count" },
      ),
  ],
];

describe.each(kinds)("%s that is traced", (_, makeCount) => {
  it("gives its items and its result, and does not run again after a crash", async () => {
    const backend = aBackend();
    const tally = new Tally();
    const crash = crasher(backend);
    const count = makeCount(tally);
    const { output } = await backend.run(
      taskOf(async () => {
        const items: unknown[] = [];
        const stream = count(3);
        let step = await stream.next();
        for (; step.done !== true; step = await stream.next()) items.push(step.value);
        await crash("between");
        return [...items, step.value];
      }),
    );
    expect(output).toEqual([0, 1, 2, "all"]);
    expect(tally.counts).toEqual({ "item 0": 1, "item 1": 1, "item 2": 1, end: 1 });
  });

  it("that its consumer left early does not run again, and its end is never reached", async () => {
    const backend = aBackend();
    const tally = new Tally();
    const crash = crasher(backend);
    const count = makeCount(tally);
    const { output } = await backend.run(
      taskOf(async () => {
        const items: number[] = [];
        for await (const item of count(10)) {
          items.push(item);
          if (item === 1) break;
        }
        await crash("between");
        return items;
      }),
    );
    expect(output).toEqual([0, 1]);
    expect(tally.counts).toEqual({ "item 0": 1, "item 1": 1 });
  });

  it("cut off in the middle starts anew behind what is recorded, and gives each item once", async () => {
    const backend = aBackend();
    const tally = new Tally();
    const crash = crasher(backend);
    const count = makeCount(tally);
    const { output } = await backend.run(
      taskOf(async () => {
        const items: number[] = [];
        for await (const item of count(4)) {
          items.push(item);
          if (item === 1) await crash("in the middle");
        }
        return items;
      }),
    );
    expect(output).toEqual([0, 1, 2, 3]);
    expect(tally.counts).toMatchObject({ "item 1": 2, "item 3": 1, end: 1 });
  });
});

describe("a traced generator", () => {
  it("runs its clean-up once when its consumer leaves early", async () => {
    const backend = aBackend();
    const tally = new Tally();
    const crash = crasher(backend);
    const guarded = trace(async function* guarded() {
      try {
        yield 1;
        yield 2;
      } finally {
        tally.add("clean-up");
      }
    });
    await backend.run(
      taskOf(async () => {
        for await (const _ of guarded()) break;
        await crash("between");
      }),
    );
    expect(tally.counts).toEqual({ "clean-up": 1 });
  });

  it("that throws does so again in a replay, and runs again in the next attempt", async () => {
    const backend = aBackend();
    const tally = new Tally();
    const crash = crasher(backend);
    const breaks = trace(async function* breaks() {
      yield "first";
      if (tally.add("second") === 1) throw new RangeError("no more");
      yield "second";
    });
    const attempts: unknown[][] = [];
    const { output } = await backend.run(
      taskOf(async () => {
        const seen: unknown[] = [];
        attempts.push(seen);
        try {
          for await (const item of breaks()) seen.push(item);
        } catch (error) {
          seen.push((error as Error).name);
          await crash("after the error");
          throw error;
        }
        return seen;
      }, 1),
    );
    expect(attempts).toEqual([
      ["first", "RangeError"],
      ["first", "RangeError"],
      ["first", "second"],
    ]);
    expect(output).toEqual(["first", "second"]);
    expect(tally.counts).toEqual({ second: 2 });
  });

  it("is over after its end and after its error", async () => {
    const backend = aBackend();
    const short = trace(function* short() {
      yield 1;
    });
    const { output } = await backend.run(
      taskOf(async () => {
        const stream = short();
        const steps = [await stream.next(), await stream.next(), await stream.next()];
        return [...steps, await stream.return(undefined)];
      }),
    );
    expect(output).toEqual([
      { done: false, value: 1 },
      { done: true, value: undefined },
      { done: true, value: undefined },
      { done: true, value: undefined },
    ]);
  });

  it("answers several calls of next that are made at once in their order", async () => {
    const backend = aBackend();
    const numbers = trace(async function* numbers() {
      for (let i = 0; i < 100; i += 1) yield i;
    });
    const { output } = await backend.run(
      taskOf(async () => {
        const stream = numbers();
        const steps = await Promise.all([stream.next(), stream.next(), stream.next()]);
        await stream.return(undefined);
        return steps.map((step) => step.value);
      }),
    );
    expect(output).toEqual([0, 1, 2]);
  });

  it("that nobody reads from does not run, though it is left", async () => {
    const backend = aBackend();
    const tally = new Tally();
    const idle = trace(async function* idle() {
      tally.add("body");
      yield 1;
    });
    const { error } = await backend.run(
      taskOf(async () => {
        await idle().return(undefined);
      }),
    );
    expect([error, tally.counts]).toEqual([undefined, {}]);
  });

  it("may call other traces in its body, which keep what they finished", async () => {
    const backend = aBackend();
    const tally = new Tally();
    const crash = crasher(backend);
    const page = trace(async function page(n: number) {
      return tally.add(`page ${n}`) * n;
    });
    const pages = trace(async function* pages() {
      for (let n = 1; n <= 3; n += 1) yield await page(n);
    });
    const { output } = await backend.run(
      taskOf(async () => {
        let sum = 0;
        for await (const item of pages()) {
          sum += item;
          if (item === 2) await crash("in the middle");
        }
        return sum;
      }),
    );
    expect(output).toBe(6);
    expect(tally.counts).toEqual({ "page 1": 1, "page 2": 1, "page 3": 1 });
  });
});
