import { describe, expect, it } from "vitest";
import { NondeterminismError, sleep, TaskEnvironment, trace } from "../../sdk/index.ts";
import { aBackend, crasher } from "./crashes.ts";

const environment = new TaskEnvironment("paths", { reusable: { replicas: 1, concurrency: 10 } });

const first = trace(async function first(n: number) {
  return n;
});
const second = trace(async function second(n: number) {
  return n;
});
const left = environment.task(async function left(n: number) {
  return n;
});
const right = environment.task(async function right(n: number) {
  return n;
});
const stream = trace(async function* stream() {
  for (let i = 0; ; i += 1) yield i;
});

/** What the code does the first time, what it does in the replay, and the two calls that the error must name. */
type Paths = readonly [string, () => Promise<unknown>, () => Promise<unknown>, string, RegExp];

const paths: readonly Paths[] = [
  ["another trace", () => first(1), () => second(1), 'trace "first" (call 1)', /trace "second" \(call 1\)/],
  [
    "the same trace with other arguments",
    () => first(1),
    () => first(2),
    'trace "first" (call 1)',
    /trace "first" \(call 1\)/,
  ],
  [
    "another child",
    () => left(1),
    () => right(1),
    'task "paths.left" (call 1)',
    /task "paths\.right" \(call 1\)/,
  ],
  [
    "a child instead of a trace",
    () => first(1),
    () => left(1),
    'trace "first" (call 1)',
    /task "paths\.left"/,
  ],
  [
    "a trace instead of a child",
    () => left(1),
    () => first(1),
    'task "paths.left" (call 1)',
    /trace "first"/,
  ],
  [
    "a sleep instead of a child",
    () => left(1),
    () => sleep("1s"),
    'task "paths.left" (call 1)',
    /sleep \(call 1\)/,
  ],
  ["a sleep of another length", () => sleep("1s"), () => sleep("2s"), "sleep (call 1)", /sleep \(call 1\)/],
  [
    "fewer calls of the same trace",
    () => first(1).then(() => first(1)),
    () => first(1),
    'trace "first" (call 2)',
    /the end of the task/,
  ],
  [
    "nothing and returns",
    () => first(1),
    async () => "early",
    'trace "first" (call 1)',
    /the end of the task/,
  ],
  [
    "nothing and returns, where a child was",
    () => left(1),
    async () => "early",
    'task "paths.left" (call 1)',
    /the end of the task/,
  ],
  [
    "nothing and throws",
    () => first(1),
    () => Promise.reject(new RangeError("early")),
    'trace "first" (call 1)',
    /an error \(RangeError: early\)/,
  ],
  [
    "nothing and waits for something else",
    () => first(1),
    () => new Promise(() => {}),
    'trace "first" (call 1)',
    /nothing/,
  ],
  [
    "a generator and leaves it earlier",
    async () => [await stream().next(), await first(1)],
    async () => {
      for await (const _ of stream()) break;
      return await first(1);
    },
    'trace "first" (call 1)',
    /trace "stream" \(call 1, step 2\)/,
  ],
];

describe("code that takes another path in a replay", () => {
  it.each(paths)(
    "asks for %s: it fails with an error that names both calls",
    async (_, before, after, expected, got) => {
      const backend = aBackend();
      const crash = crasher(backend);
      const name = `path_${paths.findIndex((path) => path[1] === before)}`;
      let executions = 0;
      const task = environment.task(
        async () => {
          executions += 1;
          const result = await (executions === 1 ? before() : after());
          await crash("then");
          return result;
        },
        { name, retries: 3 },
      );
      const { error } = await backend.run(task);
      expect(error).toBeInstanceOf(NondeterminismError);
      expect(error).toMatchObject({ expected, got: expect.stringMatching(got), code: "NONDETERMINISM" });
      expect((error as Error).message).toContain("move clocks, randomness and I/O into a trace");
      expect(executions).toBe(2);
    },
  );

  it("may ask for more than before, behind what was recorded", async () => {
    const backend = aBackend();
    const crash = crasher(backend);
    let executions = 0;
    const task = environment.task(async function more() {
      executions += 1;
      await first(1);
      await crash("then");
      return [await left(executions), await second(2)];
    });
    expect((await backend.run(task)).output).toEqual([2, 2]);
  });

  it("in another attempt is no error: it begins anew", async () => {
    const backend = aBackend();
    let attempts = 0;
    const task = environment.task(
      async function anew() {
        attempts += 1;
        if (attempts === 1) {
          await Promise.all([first(1), left(1)]);
          throw new Error("again");
        }
        return [await right(1), await second(2)];
      },
      { retries: 1 },
    );
    expect((await backend.run(task)).output).toEqual([1, 2]);
  });
});
