import { describe, expect, it } from "vitest";
import { definedEnvironments, findTask } from "../../sdk/host.ts";
import {
  InputError,
  PolicyError,
  TaskEnvironment,
  type TaskEnvironmentOptions,
  type TaskOptions,
  UnknownTaskError,
} from "../../sdk/index.ts";

let count = 0;

/** A name that no other environment of these tests has. */
function freshName(): string {
  count += 1;
  return `env-${count}`;
}

/** The error that making an environment with these options ends with. */
function refusalOf(make: () => unknown): InputError {
  try {
    make();
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
  throw new Error("It was not refused.");
}

describe("an environment", () => {
  it("that is given nothing but a name has no fleet and leaves its resources to the backend", () => {
    const environment = new TaskEnvironment("plain");
    expect(environment).toMatchObject({
      name: "plain",
      reusable: null,
      dependsOn: [],
      image: null,
      description: null,
      resources: { cpuMillis: null, memoryBytes: null },
    });
    expect(definedEnvironments().get("plain")).toBe(environment);
  });

  it("keeps what it is given, in numbers", () => {
    const other = new TaskEnvironment(freshName());
    const environment = new TaskEnvironment(freshName(), {
      resources: { cpu: 0.5, memory: "2Gi" },
      reusable: { replicas: [3, 10], concurrency: 5, idleTtl: "5m", scaledownTtl: "1m" },
      dependsOn: [other],
      image: "registry.example/worker:1",
    });
    expect(environment.resources).toMatchObject({ cpuMillis: 500, memoryBytes: 2 * 2 ** 30 });
    expect(environment.reusable).toEqual({
      replicasMin: 3,
      replicasMax: 10,
      concurrency: 5,
      idleTtlMs: 300_000,
      scaledownTtlMs: 60_000,
      scope: "global",
    });
    expect(environment.dependsOn).toEqual([other]);
  });

  it("takes reusePolicy as another name of reusable", () => {
    expect(new TaskEnvironment(freshName(), { reusePolicy: { replicas: 4 } }).reusable?.replicasMax).toBe(4);
  });

  it("keeps at most 255 characters of its description", () => {
    const environment = new TaskEnvironment(freshName(), { description: "x".repeat(300) });
    expect(environment.description).toBe("x".repeat(255));
  });

  it.each<[string, unknown, RegExp]>([
    ["a misspelt option", { reuseable: {} }, /reuseable.*reusable.*Did you mean "reusable"\?/],
    ["options that are no object", "2Gi", /"2Gi".*an object with fields/],
    [
      "more replicas at least than at most",
      { reusable: { replicas: [5, 2] } },
      /\[5,2\].*min <= max.*\[2, 5\]/,
    ],
    ["no replicas", { reusable: { replicas: 0 } }, /replicas of environment.*0.*from 1 to 5000.*\[0, 1\]/],
    ["half a replica", { reusable: { replicas: 1.5 } }, /1\.5.*whole number/],
    ["too many replicas", { reusable: { replicas: [1, 5_001] } }, /5001.*from 1 to 5000/],
    ["no concurrency", { reusable: { concurrency: 0 } }, /concurrency of environment.*0.*from 1 to 1000/],
    ["too much concurrency", { reusable: { concurrency: 1_001 } }, /1001.*from 1 to 1000/],
    ["a duration without a unit", { reusable: { idleTtl: 300 } }, /idleTtl.*300.*Add the unit.*"300s"/],
    ["an idle time below a second", { reusable: { idleTtl: "10ms" } }, /10ms.*from "1s"/],
    ["a scope that there is not", { reusable: { scope: "task" } }, /scope.*"task".*"global" or "run"/],
    ["a misspelt field of the policy", { reusable: { replica: 2 } }, /replica.*Did you mean "replicas"\?/],
    ["memory without a unit", { resources: { memory: "512" } }, /memory of environment.*"512".*"512Mi"/],
    [
      "more shared memory than memory",
      { resources: { memory: "1Mi", shm: "2Mi" } },
      /shm.*"2Mi".*1Mi.*less shm/,
    ],
    ["less than a thousandth of a core", { resources: { cpu: 0 } }, /cpu.*0.*from 0\.001/],
  ])("is refused with %s, by an error that says what is allowed and what to do", (_, options, text) => {
    const refusal = refusalOf(() => new TaskEnvironment(freshName(), options as TaskEnvironmentOptions));
    expect(refusal).toBeInstanceOf(PolicyError);
    expect(refusal.message).toMatch(text);
    expect(refusal.wayOut).not.toBe("");
  });

  it.each(["", "Batch", "a.b", "-a", "a".repeat(64)])("may not be called %j", (name) => {
    expect(refusalOf(() => new TaskEnvironment(name)).message).toMatch(
      /Name of an environment.*63 characters/,
    );
  });

  it("may not have the name that Drover uses itself", () => {
    const refusal = refusalOf(() => new TaskEnvironment("drover-service"));
    expect(refusal.message).toMatch(/"drover-service".*any other name.*choose another/);
  });

  it("may not have the name of another, and one that was refused does not take its name", () => {
    const name = freshName();
    refusalOf(() => new TaskEnvironment(name, { reusable: { replicas: 0 } }));
    const first = new TaskEnvironment(name);
    expect(refusalOf(() => new TaskEnvironment(name)).message).toMatch(/exporting it, or rename/);
    expect(definedEnvironments().get(name)).toBe(first);
  });
});

describe("a task", () => {
  const environment = new TaskEnvironment("tasks", { maxInlineIo: "2KB" });

  it("is known by its environment's name and its function's", () => {
    const task = environment.task(async function known() {});
    expect([task.taskName, task.name]).toEqual(["tasks.known", "known"]);
    expect(findTask("tasks.known").name).toBe("tasks.known");
  });

  it("may have another name than its function", () => {
    expect(environment.task(async function inner() {}, { name: "outer" }).taskName).toBe("tasks.outer");
  });

  it("has its environment's inline limit unless it has its own", () => {
    environment.task(async function inherits() {});
    environment.task(async function overrides() {}, { maxInlineIo: 5_000 });
    expect(findTask("tasks.inherits").policy.maxInlineBytes).toBe(2_000);
    expect(findTask("tasks.overrides").policy.maxInlineBytes).toBe(5_000);
  });

  it("without options is tried once, without limits", () => {
    const { policy, input, output } = findTask("tasks.known");
    expect(policy.retries.count).toBe(0);
    expect(policy.timeouts).toEqual({ maxRuntimeMs: null, maxQueuedMs: null, deadlineMs: null });
    expect([input, output]).toEqual([null, null]);
  });

  it("knows which file defined it", () => {
    expect(findTask("tasks.known").module).toBe(import.meta.url);
  });

  const named = async function named() {};

  it.each<[string, unknown, RegExp]>([
    ["a misspelt option", { retires: 3 }, /retires.*Did you mean "retries"\?/],
    ["too many retries", { retries: 1_001 }, /retries of task "tasks\.named".*1001.*from 0 to 1000/],
    ["a negative number of retries", { retries: -1 }, /-1.*Use 0 for a single attempt/],
    [
      "a growing backoff without a cap",
      { retries: { count: 1, backoff: { base: "1s", factor: 2 } } },
      /cap.*"1m"/,
    ],
    [
      "a cap below the base",
      { retries: { count: 1, backoff: { base: "2s", cap: "1s" } } },
      /"1s".*at least.*"2s"/,
    ],
    ["a timeout without a unit", { timeout: 600 }, /timeout of task.*600.*"600s"/],
    ["a timeout of nothing", { timeout: "0s" }, /"0s".*Leave it out for no limit/],
    ["a misspelt limit", { timeout: { maxRunTime: "1m" } }, /maxRunTime.*Did you mean "maxRuntime"\?/],
    ["an inline limit that is too small", { maxInlineIo: 10 }, /maxInlineIo of task.*10.*from/],
    ["an inline limit that is too large", { maxInlineIo: "2GB" }, /"2GB".*Write a smaller one/],
    ["an input schema that is none", { input: { parse: () => 1 } }, /input of task.*Standard Schema.*zod/],
    ["a name that is none", { name: "2nd" }, /"2nd".*letters, digits/],
  ])("is refused with %s, by an error that says what is allowed and what to do", (_, options, text) => {
    expect(refusalOf(() => environment.task(named, options as TaskOptions)).message).toMatch(text);
  });

  it("is refused for a function without a name, with two arguments, or that is none", () => {
    expect(refusalOf(() => environment.task(async () => {})).message).toMatch(
      /without a name.*Declare it with one/,
    );
    const two = ((_a: never, _b: never) => {}) as unknown as () => void;
    expect(
      refusalOf(() => environment.task(Object.defineProperty(two, "name", { value: "two" }))).message,
    ).toMatch(/Number of arguments of task "tasks\.two" is 2.*Pass one object/);
    expect(refusalOf(() => environment.task(7 as unknown as () => void)).message).toMatch(
      /Pass the function itself/,
    );
  });

  it("may not have the name of another task of its environment, but of one elsewhere", () => {
    environment.task(named);
    expect(refusalOf(() => environment.task(named)).message).toMatch(/"tasks\.named".*Rename the function/);
    expect(new TaskEnvironment(freshName()).task(named).taskName).toMatch(/\.named$/);
  });

  it("that nobody defined is not found, and the nearest name is suggested", () => {
    expect(() => findTask("tasks.knwon")).toThrow(UnknownTaskError);
    expect(() => findTask("tasks.knwon")).toThrow(/Did you mean "tasks\.known"\?/);
  });
});
