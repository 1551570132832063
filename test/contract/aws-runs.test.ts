/** The engine on the AWS backend: whole runs, with the workers and the service that a stack would have. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { map } from "../../sdk/authoring/map.ts";
import { findTask } from "../../sdk/authoring/registry.ts";
import { type RunBackend, startTask } from "../../sdk/authoring/run.ts";
import { definitionOf, runTask } from "../../sdk/authoring/task.ts";
import { TaskEnvironment } from "../../sdk/authoring/task-environment.ts";
import { trace } from "../../sdk/authoring/trace.ts";
import type { AwsBackend } from "../../sdk/backends/aws/backend.ts";
import { Tally } from "../../sdk/backends/aws/meter.ts";
import { runService } from "../../sdk/engine/service.ts";
import { Worker } from "../../sdk/engine/worker.ts";
import { type Cloud, startCloud } from "../support/cloud/cloud.ts";
import { StreamReader } from "../support/cloud/stream-reader.ts";
import { freshName, upTo } from "./harness.ts";

const runMsMax = 60_000;
const leaseMs = 30_000;

const scores = new TaskEnvironment("aws-scores", { reusable: { replicas: 1, concurrency: 20 } });
const drivers = new TaskEnvironment("aws-drivers", { dependsOn: [scores] });

const submit = trace(async function submit(start: number) {
  return { job: start };
});
const wait = trace(async function wait({ job }: { job: number }) {
  return job * 2;
});

const scoreBatch = scores.task(async function scoreBatch({ start }: { start: number }) {
  return await wait(await submit(start));
});

const scoreAll = drivers.task(async function scoreAll({ batches }: { batches: number }) {
  const outputs = await map(
    scoreBatch,
    upTo(batches).map((start) => ({ start })),
    { concurrency: 50 },
  );
  return outputs.reduce((sum, output) => sum + output, 0);
});

const scoreAllTwice = drivers.task(async function scoreAllTwice({ batches }: { batches: number }) {
  const sums = await Promise.all([scoreAll({ batches }), scoreAll({ batches: batches + 1 })]);
  return sums;
});

let cloud: Cloud;

beforeAll(async () => {
  cloud = await startCloud();
});

afterAll(async () => {
  await cloud.stop();
});

describe("runs on AWS", { timeout: runMsMax }, () => {
  it("a run of 200 batches returns what its batches do, for few units each", async () => {
    const meter = new Tally();
    const backend = cloud.backend({ meter, leaseMs });
    await withCrew(backend, async (runBackend) => {
      const name = freshName("run");
      const handle = await startTask(defined(scoreAll), { batches: 200 }, { name, backend: runBackend });
      expect(await handle.result()).toBe(199 * 200);
      const summary = await runBackend.catalog.summarize(name);
      expect(summary.actions).toMatchObject({ succeeded: 201, running: 0, queued: 0 });
      expect(summary.tracesExecuted).toBe(400);
    });
    // Of each: a spec, a claim, two journal batches and an end, its share of a mailbox record and an inbox mark.
    expect(meter.units("wru") / 200).toBeLessThan(7);
    expect(meter.units("rru") / 200).toBeLessThan(5);
    expect(meter.units("s3Puts")).toBe(0);
  });

  it("drivers in drivers end, and their batches with them", async () => {
    const backend = cloud.backend({ leaseMs });
    await withCrew(backend, async (runBackend) => {
      const name = freshName("run");
      const handle = await startTask(defined(scoreAllTwice), { batches: 10 }, { name, backend: runBackend });
      expect(await handle.result()).toEqual([90, 110]);
    });
  });
});

function defined(task: unknown) {
  const definition = definitionOf(task);
  if (definition === null) throw new Error("This is no task.");
  return definition;
}

/** Workers for both environments and the service, while `use` runs. */
async function withCrew(backend: AwsBackend, use: (backend: RunBackend) => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const reader = await StreamReader.open(cloud);
  const service = runService(backend, reader.changes(backend.endedStates), stop.signal);
  const leases = { hold: () => {}, drop: () => {} };
  const workers = [
    new Worker(backend, { environment: "aws-scores", concurrency: 20, leases, resolveTask }),
    new Worker(backend, { environment: "aws-drivers", concurrency: 5, leases, resolveTask }),
  ];
  const working = workers.map((worker) => worker.run());
  try {
    await use({ world: backend, catalog: backend.catalog, codeOf: () => "test:", attend: async () => {} });
  } finally {
    await Promise.all(workers.map((worker) => worker.drain(1_000)));
    stop.abort();
    await Promise.all([service, ...working]);
  }
}

function resolveTask(name: string) {
  const task = findTask(name);
  return (input: unknown) => runTask(task, input);
}
