import { describe, expect, it } from "vitest";
import { map, NonRecoverableError, sleep, type Task, TaskEnvironment, trace } from "../../sdk/index.ts";
import { openTestBackend } from "../../sdk/testing.ts";

const pool = new TaskEnvironment("pool", { reusable: { replicas: 2, concurrency: 5 } });
const narrow = new TaskEnvironment("narrow", { reusable: { replicas: 1, concurrency: 1 } });

let effects = 0;
const effect = trace(async function effect(n: number) {
  effects += 1;
  return n * 2;
});

const double = pool.task(async function double(n: number) {
  return await effect(n);
});

const fan = pool.task(async function fan(count: number) {
  const doubled = await map(
    double,
    Array.from({ length: count }, (_, i) => i),
  );
  return doubled.reduce((sum, one) => sum + one, 0);
});

// Within a function its own name is the plain function: a task that calls itself has another name than its function.
const nested: Task<number, number> = narrow.task(async function nest(depth: number): Promise<number> {
  if (depth === 0) return 0;
  return 1 + (await nested(depth - 1));
});

const patient = pool.task(async function patient() {
  const first = await effect(1);
  await sleep("6h");
  return first + (await effect(2));
});

class PaymentError extends Error {
  override readonly name = "PaymentError";
  readonly order: number;
  constructor(order: number) {
    super(`Order ${order} is not paid.`, { cause: new TypeError("no card") });
    this.order = order;
  }
}

let flakyTries = 0;
const flaky = pool.task(
  async function flaky(failures: number) {
    flakyTries += 1;
    if (flakyTries <= failures) throw new PaymentError(7);
    return flakyTries;
  },
  { retries: 2 },
);
const final = pool.task(
  async function final() {
    flakyTries += 1;
    throw new NonRecoverableError("This cannot work.");
  },
  { retries: 5 },
);
const catching = pool.task(async function catching() {
  try {
    return await flaky(99);
  } catch (error) {
    const failure = error as PaymentError;
    return { name: failure.name, order: failure.order, cause: (failure.cause as Error).constructor.name };
  }
});

describe("a run", () => {
  it("gives the result of plain code, and executes each trace once", async () => {
    const backend = openTestBackend();
    effects = 0;
    const { output, actions } = await backend.run(fan, 20);
    expect(output).toBe(380);
    expect(effects).toBe(20);
    expect(actions).toMatchObject({ succeeded: 21, failed: 0, aborted: 0 });
    backend.close();
  });

  it("of a task that calls itself in a fleet of one slot finishes", async () => {
    const backend = openTestBackend();
    const { output, actions } = await backend.run(nested, 5);
    expect([output, actions.succeeded]).toEqual([5, 6]);
    backend.close();
  });

  it("that sleeps for hours takes no time here, and replays what came before", async () => {
    const backend = openTestBackend();
    effects = 0;
    const startMs = backend.clock.nowMs();
    const { output, tracesReplayed } = await backend.run(patient);
    expect(output).toBe(6);
    expect(effects).toBe(2);
    expect(tracesReplayed).toBe(1);
    expect(backend.clock.nowMs() - startMs).toBeGreaterThanOrEqual(6 * 3_600_000);
    backend.close();
  });

  it("tries a failing task again as often as its retries say", async () => {
    const backend = openTestBackend();
    flakyTries = 0;
    expect((await backend.run(flaky, 2)).output).toBe(3);
    flakyTries = 0;
    const { error } = await backend.run(flaky, 99);
    expect(flakyTries).toBe(3);
    expect(error).toMatchObject({ name: "PaymentError", order: 7, message: "Order 7 is not paid." });
    backend.close();
  });

  it("does not try again after a NonRecoverableError", async () => {
    const backend = openTestBackend();
    flakyTries = 0;
    const { error } = await backend.run(final);
    expect(error).toBeInstanceOf(NonRecoverableError);
    expect(flakyTries).toBe(1);
    backend.close();
  });

  it("shows a parent the class name, fields and cause of its child's error", async () => {
    const backend = openTestBackend();
    flakyTries = 0;
    expect((await backend.run(catching)).output).toEqual({
      name: "PaymentError",
      order: 7,
      cause: "TypeError",
    });
    backend.close();
  });

  it("goes on after its workers died, without running a recorded trace again", async () => {
    const backend = openTestBackend();
    effects = 0;
    const crash = pool.task(async function crash() {
      const first = await effect(1);
      await crashOnce();
      return first + (await effect(2));
    });
    let hasCrashed = false;
    const crashOnce = trace(async function crashOnce() {
      if (hasCrashed) return;
      hasCrashed = true;
      backend.crashWorkers();
    });
    const { output } = await backend.run(crash);
    expect(output).toBe(6);
    expect(effects).toBe(2);
    backend.close();
  });

  it("of a name that exists is not started again", async () => {
    const backend = openTestBackend();
    effects = 0;
    await backend.run(double, 1, { name: "only-once" });
    const again = await backend.run(double, 2, { name: "only-once" });
    expect(again.output).toBe(2);
    expect(again.handle.created).toBe(false);
    expect(effects).toBe(1);
    backend.close();
  });
});
