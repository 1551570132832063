import * as v from "valibot";
import { describe, expect, expectTypeOf, it } from "vitest";
import { z } from "zod";
import { map, type RunHandle, run, type Task, TaskEnvironment, trace } from "../../sdk/index.ts";
import { openTestBackend } from "../../sdk/testing.ts";

const environment = new TaskEnvironment("types");

const plain = environment.task(async function plain(range: { start: number; end: number }) {
  return [range.start, range.end];
});
const without = environment.task(async function without() {
  return "done";
});
const optional = environment.task(async function optional({ items = 10 }: { items?: number } = {}) {
  return items;
});
const zodded = environment.task(
  async function zodded(order: { id: string; tags: string[] }) {
    return { id: order.id, count: order.tags.length };
  },
  {
    input: z.object({ id: z.coerce.string<number>(), tags: z.array(z.string()).default([]) }),
    output: z.object({ id: z.string(), count: z.number() }).transform(({ count }) => count),
  },
);
const valibotted = environment.task(
  async function valibotted(n: number) {
    return n + 1;
  },
  { input: v.pipe(v.string(), v.transform(Number)), retries: 1 },
);
const recursive: Task<number, number> = environment.task(async function recursive(
  n: number,
): Promise<number> {
  return n === 0 ? 0 : 1 + (await recursive(n - 1));
});

describe("types of a task", () => {
  it("are those of its function", () => {
    expectTypeOf(plain).parameters.toEqualTypeOf<[input: { start: number; end: number }]>();
    expectTypeOf(plain).returns.resolves.toEqualTypeOf<number[]>();
    expectTypeOf(without).returns.resolves.toEqualTypeOf<string>();
    expectTypeOf(recursive).returns.resolves.toEqualTypeOf<number>();
  });

  it("let an input be left out that may be undefined", () => {
    expectTypeOf(optional).toBeCallableWith();
    expectTypeOf(optional).toBeCallableWith({ items: 3 });
    expectTypeOf(without).toBeCallableWith();
    // @ts-expect-error An input that is required has to be given.
    expect(() => plain().catch(() => {})).not.toThrow();
  });

  it("are those that its zod schemas take and give", () => {
    expectTypeOf(zodded).parameter(0).toEqualTypeOf<{ id: number; tags?: string[] | undefined }>();
    expectTypeOf(zodded).returns.resolves.toEqualTypeOf<number>();
  });

  it("are those that its valibot schema takes", () => {
    expectTypeOf(valibotted).parameter(0).toEqualTypeOf<string>();
    expectTypeOf(valibotted).returns.resolves.toEqualTypeOf<number>();
  });

  it("stay the same when options are overridden", () => {
    expectTypeOf(zodded.override({ retries: 2 })).toEqualTypeOf<typeof zodded>();
    expect(zodded.override({ retries: 2 }).taskName).toBe("types.zodded");
  });

  it("keep the plain function's own types in fn", () => {
    expectTypeOf(plain.fn).parameter(0).toEqualTypeOf<{ start: number; end: number }>();
    expectTypeOf(plain.fn({ start: 0, end: 1 })).toEqualTypeOf<number[] | Promise<number[]>>();
  });

  it("carry over to runs, maps and handles", async () => {
    const backend = openTestBackend();
    expectTypeOf(run(plain, { start: 0, end: 1 }, { backend })).resolves.toEqualTypeOf<RunHandle<number[]>>();
    expectTypeOf(run(optional, undefined, { backend })).resolves.toEqualTypeOf<RunHandle<number>>();
    expectTypeOf(map(plain, [{ start: 0, end: 1 }])).resolves.toEqualTypeOf<number[][]>();
    expectTypeOf(map(zodded, [{ id: 1 }], { onError: "return" })).resolves.toEqualTypeOf<
      PromiseSettledResult<number>[]
    >();
    expectTypeOf(
      map(plain, [{ start: 0, end: 1 }])
        [Symbol.asyncIterator]()
        .next(),
    ).resolves.toExtend<IteratorResult<number[]>>();
    // @ts-expect-error A run's input is checked too.
    await run(plain, "no", { backend });
    backend.close();
  });
});

describe("types of a trace", () => {
  it("make a function async, whatever it was", () => {
    expectTypeOf(trace((a: number, b?: string) => `${a}${b}`, { name: "sync" })).toEqualTypeOf<
      (a: number, b?: string) => Promise<string>
    >();
    expectTypeOf(trace(async () => {}, { name: "async" })).toEqualTypeOf<() => Promise<void>>();
  });

  it("stay a promise for a function that never returns, or returns whatever", () => {
    const fails = () => {
      throw new RangeError("always");
    };
    expectTypeOf(trace(fails)).toEqualTypeOf<() => Promise<never>>();
    expectTypeOf(trace(JSON.parse)).returns.toEqualTypeOf<Promise<ReturnType<typeof JSON.parse>>>();
    expectTypeOf(trace((): string | number => 1, { name: "union" })).toEqualTypeOf<
      () => Promise<string | number>
    >();
  });

  it("make generators of both kinds async generators", () => {
    const sync = trace(function* sync(n: number): Generator<number, string, boolean> {
      return (yield n) ? "yes" : "no";
    });
    const streamed = trace(async function* streamed() {
      yield "a";
    });
    expectTypeOf(sync).toEqualTypeOf<(n: number) => AsyncGenerator<number, string, boolean>>();
    expectTypeOf(streamed).returns.toExtend<AsyncGenerator<string, void, unknown>>();
  });
});

describe("schemas of a task", () => {
  it("give the function what they make of the input, and the caller what they make of the output", async () => {
    const backend = openTestBackend();
    expect((await backend.run(zodded, { id: 7 })).output).toBe(0);
    expect((await backend.run(valibotted, "41")).output).toBe(42);
    expect(await zodded({ id: 7, tags: ["a"] })).toBe(1);
    backend.close();
  });
});
