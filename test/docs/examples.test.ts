import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { publicExports } from "../../scripts/public-api.ts";
import * as host from "../../sdk/host.ts";
import * as drover from "../../sdk/index.ts";
import * as testing from "../../sdk/testing.ts";
import { type ExampleWorld, environment, exampleWorld, microbatch } from "./example-world.ts";
import { checkedExamples, type Example, runnable } from "./examples.ts";

const exported = publicExports();
const examples = checkedExamples(exported);

/** Doors whose examples stay in this process. The others have folders and services to reach, and tests of their own. */
const innerDoors = new Set(["drover", "drover/host", "drover/testing"]);
/** These are given what a run has made, from outside of it. */
const outside = new Set(["run", "handle"]);
/** These bring a backend or a clock of their own. */
const ownWorld = new Set(["openTestBackend", "VirtualClock"]);

const silent = { log: () => {}, error: () => {} };
const fetched = async () => new Response(JSON.stringify({ job: "job-7" }));

type Values = Omit<ExampleWorld, "stack"> & Readonly<Record<string, unknown>>;

/** All that examples may use, with a run of their own. */
async function valuesFor(backend: testing.TestBackend): Promise<Values> {
  const handle = await drover.run(microbatch, { items: 3 }, { backend });
  const run = async (task: Parameters<typeof drover.run>[0], input: unknown) =>
    await drover.run(task, input as never, { backend });
  return { ...exampleWorld(handle), ...drover, ...testing, ...host, console: silent, fetch: fetched, run };
}

function uses(example: Example, names: ReadonlySet<string>): boolean {
  return example.needs.some((name) => names.has(name));
}

let made = 0;

async function runExample(example: Example): Promise<void> {
  const backend = testing.openTestBackend();
  const values = await valuesFor(backend);
  const body = runnable(example);
  if (uses(example, ownWorld)) await body(values);
  else if (uses(example, outside)) await backend.clock.runUntil(body(values));
  else {
    made += 1;
    const task = environment.task(async () => await body(values), { name: `example_${made}` });
    const { error } = await backend.run(task);
    if (error !== undefined) throw error;
  }
  backend.close();
}

beforeAll(() => host.setLogSink(() => {}));
afterAll(() => host.setLogSink(null));

describe("examples in docstrings", () => {
  it("are there for every function and class that tasks and their tests are written with", () => {
    const bare = exported
      .filter((one) => one.door === "drover" || one.door === "drover/testing")
      .filter((one) => one.kind === "function" || one.kind === "class")
      .filter((one) => one.examples.length === 0 && !one.name.endsWith("Error"))
      .map((one) => one.name);
    expect(bare).toEqual([]);
  });

  it.each(examples.map((example) => [example.title, example] as const))("compile: %s", (_, example) => {
    expect(example.complaints).toEqual([]);
  });

  const programs = examples.filter((example) => !example.isValue && innerDoors.has(example.door));

  it.each(programs.map((example) => [example.title, example] as const))("run: %s", async (_, example) => {
    await runExample(example);
  });
});
