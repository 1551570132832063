import { describe, expect, it } from "vitest";
import { z } from "zod";
import {
  InlineLimitError,
  PolicyError,
  type RunBackend,
  run,
  SchemaError,
  sleep,
  TaskEnvironment,
  TraceNestingError,
  trace,
  UnserializableValueError,
} from "../../sdk/index.ts";
import { aBackend } from "./crashes.ts";

const environment = new TaskEnvironment("refusals", { reusable: { replicas: 1, concurrency: 10 } });

const checked = environment.task(
  async function checked({ n }: { n: number }) {
    return n;
  },
  { input: z.object({ n: z.number().min(1) }) },
);
const anything = environment.task(async function anything(value: unknown) {
  return value;
});
const small = environment.task(
  async function small(text: string) {
    return text.length;
  },
  { maxInlineIo: "1KB" },
);

class Moment {
  readonly at = 1;
}

const badCalls: readonly (readonly [
  string,
  () => Promise<unknown>,
  new (...args: never[]) => Error,
  RegExp,
])[] = [
  [
    "input that its schema refuses",
    () => checked({ n: 0 }),
    SchemaError,
    /Input of task "refusals\.checked".*n: .*Correct/,
  ],
  [
    "a function",
    () => anything({ next: [() => 1] }),
    UnserializableValueError,
    /input\.next\[0\] is .*function/i,
  ],
  [
    "an instance of a class",
    () => anything({ when: new Moment() }),
    UnserializableValueError,
    /input\.when is an instance of class Moment/i,
  ],
  ["a symbol", () => anything(Symbol("no")), UnserializableValueError, /symbol/],
  [
    "a promise",
    () => anything({ later: Promise.resolve(1) }),
    UnserializableValueError,
    /input\.later .*(await|Promise)/is,
  ],
  [
    "too large an input",
    () => small("x".repeat(2_000)),
    InlineLimitError,
    /Input of task "refusals\.small" is 2 KB, at most 1 KB.*maxInlineIo/,
  ],
];

describe("a child action", () => {
  it.each(badCalls)("with %s is refused before anything of it exists", async (_, call, type, text) => {
    const backend = aBackend();
    const seen: unknown[] = [];
    const parent = environment.task(
      async () => {
        await call().catch((error: unknown) => seen.push(error));
      },
      { name: `parent_${type.name}_${badCalls.findIndex((one) => one[1] === call)}` },
    );
    const { listed, error } = await backend.run(parent);
    expect(error).toBe(undefined);
    expect(seen).toHaveLength(1);
    expect(seen[0]).toBeInstanceOf(type);
    expect(String(seen[0])).toMatch(text);
    expect(listed.length).toBe(1);
  });
});

describe("a run", () => {
  const startBad: readonly (readonly [string, (backend: RunBackend) => Promise<unknown>, RegExp])[] = [
    ["input that its schema refuses", (backend) => run(checked, { n: 0 }, { backend, name: "bad" }), /n: /],
    [
      "input that cannot travel",
      (backend) => run(anything, new Moment(), { backend, name: "bad" }),
      /class Moment/,
    ],
    [
      "too large an input",
      (backend) => run(small, "x".repeat(2_000), { backend, name: "bad" }),
      /at most 1 KB/,
    ],
    [
      "a name that is none",
      (backend) => run(anything, 1, { backend, name: "Bad Name" }),
      /"Bad Name".*Take "bad-name"/,
    ],
    [
      "an option that there is not",
      (backend) => run(anything, 1, { backend, names: "x" } as never),
      /Did you mean "name"\?/,
    ],
    [
      "something that is no task",
      (backend) => run((async () => 1) as never, 1 as never, { backend }),
      /"function".*environment\.task/,
    ],
  ];

  it.each(startBad)("with %s is refused before anything of it exists", async (_, begin, text) => {
    const backend = aBackend();
    await expect(begin(backend)).rejects.toThrow(text);
    expect(await backend.catalog.listRuns(10)).toEqual([]);
    expect(await backend.world.store.readSpec("bad/a0")).toBe(null);
  });

  it("whose output cannot travel fails, and says what to return instead", async () => {
    const backend = aBackend();
    const instance = environment.task(async function instance() {
      return { at: new Moment() };
    });
    const large = environment.task(
      async function large() {
        return "x".repeat(2_000);
      },
      { maxInlineIo: "1KB" },
    );
    const wrong = environment.task(
      async function wrong() {
        return -1;
      },
      { output: z.number().positive() },
    );
    expect((await backend.run(instance)).error).toBeInstanceOf(UnserializableValueError);
    expect((await backend.run(large)).error).toMatchObject({
      name: "InlineLimitError",
      sizeBytes: 2_003,
      limitBytes: 1_000,
    });
    expect((await backend.run(wrong)).error).toBeInstanceOf(SchemaError);
  });
});

describe("a trace", () => {
  const callsTask = trace(async function callsTask() {
    return await anything(1);
  });
  const sleeps = trace(async function sleeps() {
    await sleep("1s");
  });
  const callsPlain = trace(async function callsPlain() {
    return await anything.fn(1);
  });

  it.each([
    ["a task", callsTask, /Task "refusals\.anything".*inside trace "callsTask".*anything\.fn\(/],
    ["sleep", sleeps, /sleep was called inside trace "sleeps".*setTimeout/],
  ])("may not call %s, and is told what to do instead", async (what, body, text) => {
    const backend = aBackend();
    const task = environment.task(async () => await body(), { name: `traces_${what.replace(" ", "_")}` });
    const { error, listed } = await backend.run(task);
    expect(error).toBeInstanceOf(TraceNestingError);
    expect((error as Error).message).toMatch(text);
    expect(listed.length).toBe(1);
  });

  it("may call the plain function of a task", async () => {
    const backend = aBackend();
    const task = environment.task(async function tracesPlain() {
      return await callsPlain();
    });
    const { output, listed } = await backend.run(task);
    expect(output).toBe(1);
    expect(listed.length).toBe(1);
  });

  it.each<[string, () => unknown, RegExp]>([
    ["no name", () => trace(() => 1), /Name of a trace.*Declare the function with a name/],
    ["an option that there is not", () => trace(() => 1, { nam: "x" } as never), /Did you mean "name"\?/],
  ])("with %s is refused where it is made", (_, make, text) => {
    expect(make).toThrow(PolicyError);
    expect(make).toThrow(text);
  });

  it.each<[string, () => unknown, RegExp]>([
    [
      "arguments",
      () => trace(async (_: unknown) => 1, { name: "takes" })(new Moment()),
      /Input of trace "takes".*class Moment/,
    ],
    [
      "a result",
      () => trace(async () => new Moment(), { name: "gives" })(),
      /Result of trace "gives".*class Moment/,
    ],
  ])("with %s that cannot travel fails", async (what, body, text) => {
    const backend = aBackend();
    const task = environment.task(
      async () => {
        await body();
      },
      { name: `travel_${what.replace(" ", "_")}` },
    );
    const { error } = await backend.run(task);
    expect(error).toBeInstanceOf(UnserializableValueError);
    expect((error as Error).message).toMatch(text);
  });
});

describe("outside of a run", () => {
  it("a task is the plain function, with its schema's checks", async () => {
    expect(await anything({ when: 1 })).toEqual({ when: 1 });
    expect(await checked({ n: 3 })).toBe(3);
    await expect(checked({ n: 0 })).rejects.toThrow(SchemaError);
  });

  it("the plain function of a task has no checks", async () => {
    expect(await checked.fn({ n: 0 })).toBe(0);
  });

  it("an error of the function comes as it was thrown", async () => {
    const thrown = new Moment();
    const throwing = environment.task(async function throwing() {
      throw thrown;
    });
    await expect(throwing()).rejects.toBe(thrown);
  });

  it("a trace is the plain function, and a traced generator an async one", async () => {
    const add = trace((a: number, b: number) => a + b, { name: "add" });
    const count = trace(function* count(n: number) {
      for (let i = 0; i < n; i += 1) yield i;
      return "end";
    });
    expect(await add(1, 2)).toBe(3);
    expect(await Array.fromAsync(count(3))).toEqual([0, 1, 2]);
  });

  it("sleep is a plain wait, and still refuses what is no duration", async () => {
    await sleep("1ms");
    await expect(sleep(5 as never)).rejects.toThrow(/duration of sleep is 5.*"5s" for seconds/);
    await expect(sleep("400d")).rejects.toThrow(/"366d"/);
  });
});
