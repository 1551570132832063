import { describe, expect, it } from "vitest";
import { TaskEnvironment, trace } from "../../sdk/index.ts";
import { aBackend, crasher, Tally } from "./crashes.ts";

const environment = new TaskEnvironment("traces", { reusable: { replicas: 1, concurrency: 10 } });

let made = 0;

/** A task made of what a test gives, under a name of its own. */
function taskOf<In, Out>(fn: (input: In) => Promise<Out>, options: { readonly retries?: number } = {}) {
  made += 1;
  const backoff = { base: "1s", factor: 1 } as const;
  return environment.task(async (input: In) => await fn(input), {
    name: `task_${made}`,
    retries: { count: options.retries ?? 0, backoff },
  });
}

describe("a trace whose record is durable", () => {
  it.each<[string, (tally: Tally) => (n: number) => unknown, unknown]>([
    ["is async", (tally) => async (n) => tally.add("body") + n, 11],
    ["is synchronous", (tally) => (n) => tally.add("body") + n, 11],
    ["gives nothing", (tally) => async () => void tally.add("body"), undefined],
    ["gives null", (tally) => () => (tally.add("body") > 0 ? null : 1), null],
    [
      "gives structures",
      (tally) => (n) => ({ n: [n, new Map([[tally.add("body"), 2n]])] }),
      { n: [10, new Map([[1, 2n]])] },
    ],
    [
      "gives more than a record holds",
      (tally) => (n) => "x".repeat(tally.add("body") * 50_000) + n,
      `${"x".repeat(50_000)}10`,
    ],
  ])("does not run again after a crash when it %s", async (_, body, expected) => {
    const backend = aBackend();
    const tally = new Tally();
    const crash = crasher(backend);
    const traced = trace(body(tally), { name: "traced" });
    const task = taskOf(async () => {
      const result = await traced(10);
      await crash("between");
      return result;
    });
    const { output, tracesExecuted, tracesReplayed } = await backend.run(task);
    expect(output).toEqual(expected);
    expect(tally.counts).toEqual({ body: 1 });
    expect([tracesExecuted, tracesReplayed]).toEqual([1, 1]);
  });

  it("is the same object in each replay as it was at first", async () => {
    const backend = aBackend();
    const crash = crasher(backend);
    const traced = trace(() => [{ a: undefined, b: Number.NaN }, new Date(5), new Uint8Array([1])], {
      name: "kinds",
    });
    const seen: unknown[] = [];
    await backend.run(
      taskOf(async () => {
        seen.push(await traced());
        await crash("between");
      }),
    );
    expect(seen[1]).toStrictEqual(seen[0]);
  });
});

describe("a trace that was cut off by a crash", () => {
  it("runs again, and the finished ones beside it do not", async () => {
    const backend = aBackend();
    const tally = new Tally();
    const crash = crasher(backend);
    const step = trace(async function step(name: string) {
      tally.add(name);
      if (name === "cut") {
        await backend.clock.wait(100);
        await crash("inside");
      }
      return name;
    });
    const { output } = await backend.run(
      taskOf(async () => await Promise.all([step("one"), step("cut"), step("two")])),
    );
    expect(output).toEqual(["one", "cut", "two"]);
    expect(tally.counts).toEqual({ one: 1, cut: 2, two: 1 });
  });
});

describe("a trace that throws", () => {
  class PaymentError extends Error {
    override readonly name = "PaymentError";
    readonly order = 7;
  }

  it("throws the same again in a replay within the attempt, without running", async () => {
    const backend = aBackend();
    const tally = new Tally();
    const crash = crasher(backend);
    const pay = trace(async function pay() {
      tally.add("pay");
      throw new PaymentError("not paid", { cause: new TypeError("no card") });
    });
    const seen: unknown[] = [];
    await backend.run(
      taskOf(async () => {
        await pay().catch((error: unknown) => seen.push(error));
        await crash("between");
      }),
    );
    expect(tally.counts).toEqual({ pay: 1 });
    expect(seen[0]).toBeInstanceOf(PaymentError);
    expect(seen[1]).toMatchObject({ name: "PaymentError", message: "not paid", order: 7 });
    expect((seen[1] as Error).cause).toBeInstanceOf(TypeError);
  });

  it("runs again in the next attempt, and those that had succeeded do not", async () => {
    const backend = aBackend();
    const tally = new Tally();
    const before = trace(async function before() {
      return tally.add("before");
    });
    const flaky = trace(async function flaky() {
      if (tally.add("flaky") === 1) throw new Error("not yet");
      return "done";
    });
    const { output } = await backend.run(taskOf(async () => [await before(), await flaky()], { retries: 1 }));
    expect(output).toEqual([1, "done"]);
    expect(tally.counts).toEqual({ before: 1, flaky: 2 });
  });

  it("may throw anything that travels", async () => {
    const backend = aBackend();
    const crash = crasher(backend);
    const throws = trace(
      async (value: unknown) => {
        throw value;
      },
      { name: "throws" },
    );
    const values = ["a string", 0, null, { code: 3n }];
    const { output } = await backend.run(
      taskOf(async () => {
        const seen: unknown[] = [];
        for (const value of values) await throws(value).catch((thrown: unknown) => seen.push(thrown));
        await crash("between");
        return seen;
      }),
    );
    expect(output).toEqual(values);
  });

  it("may throw an error with any field that travels", async () => {
    const backend = aBackend();
    const throws = trace(
      () => {
        throw Object.assign(new Error("too many"), { count: 2n ** 70n });
      },
      { name: "throwsBigInt" },
    );
    const { output } = await backend.run(
      taskOf(async () => await throws().catch((error: unknown) => (error as { count: bigint }).count)),
    );
    expect(output).toBe(2n ** 70n);
  });
});

describe("equal calls of a trace", () => {
  it("are told apart by their number, in whatever order they end", async () => {
    const backend = aBackend();
    const tally = new Tally();
    const crash = crasher(backend);
    const draw = trace(async function draw(_kind: string) {
      const nth = tally.add("draw");
      await backend.clock.wait(100 - nth * 10);
      return nth;
    });
    const { output } = await backend.run(
      taskOf(async () => {
        const drawn = await Promise.all([draw("a"), draw("a"), draw("b"), draw("a")]);
        await crash("between");
        return drawn;
      }),
    );
    expect(output).toEqual([1, 2, 3, 4]);
    expect(tally.counts).toEqual({ draw: 4 });
  });

  it("are other calls under another version", async () => {
    const backend = aBackend();
    const tally = new Tally();
    const crash = crasher(backend);
    const body = async () => tally.add("body");
    const old = trace(body, { name: "versioned" });
    const { output } = await backend.run(
      taskOf(async () => {
        const first = await old();
        await crash("between");
        return [first, await trace(body, { name: "versioned", version: "2" })(), await old()];
      }),
    );
    expect(output).toEqual([1, 2, 3]);
  });

  it("with a new version run again in a run in flight, in the next attempt", async () => {
    const backend = aBackend();
    const tally = new Tally();
    let version = "1";
    const deploy = () => {
      version = "2";
    };
    const { output } = await backend.run(
      taskOf(
        async () => {
          const result = await trace(async () => tally.add("body"), { name: "deployed", version })();
          if (version === "2") return result;
          deploy();
          throw new Error("the new version is needed");
        },
        { retries: 1 },
      ),
    );
    expect(output).toBe(2);
  });
});

describe("traces within traces", () => {
  it("keep what the inner ones finished when the outer one is cut off", async () => {
    const backend = aBackend();
    const tally = new Tally();
    const crash = crasher(backend);
    const inner = trace(async function inner(n: number) {
      tally.add(`inner ${n}`);
      return n * 2;
    });
    const outer = trace(async function outer() {
      tally.add("outer");
      const first = await inner(1);
      await crash("inside");
      return first + (await inner(2));
    });
    const { output } = await backend.run(taskOf(async () => await outer()));
    expect(output).toBe(6);
    expect(tally.counts).toEqual({ outer: 2, "inner 1": 1, "inner 2": 1 });
  });

  it("do not run at all once the outer one is recorded", async () => {
    const backend = aBackend();
    const tally = new Tally();
    const crash = crasher(backend);
    const inner = trace(async () => tally.add("inner"), { name: "inner2" });
    const outer = trace(async () => (await inner()) + (await inner()) + tally.add("outer"), {
      name: "outer2",
    });
    const { output } = await backend.run(
      taskOf(async () => {
        const sum = await outer();
        await crash("between");
        return [sum, await inner()];
      }),
    );
    expect(output).toEqual([4, 3]);
    expect(tally.counts).toEqual({ inner: 3, outer: 1 });
  });
});
