/** A million items in a thousand batches, fifty at once; a batch is a request of 10 ms and a wait of 50 ms, both traced. */
import { setTimeout as wait } from "node:timers/promises";
import { map, TaskEnvironment, trace } from "drover";
import { pool } from "../pool.ts";
import { plainAction, workload } from "../workload.ts";

interface Input {
  readonly batches: number;
}

const batchSize = 1_000;
const batchesAtOnce = 50;

const batchProcessor = new TaskEnvironment("bench-microbatch", {
  reusable: { replicas: [2, 2], concurrency: batchesAtOnce / 2 },
});

const orchestrator = new TaskEnvironment("bench-microbatch-driver", {
  reusable: { replicas: 1, concurrency: 1 },
  dependsOn: [batchProcessor],
});

async function submitItems(start: number): Promise<string[]> {
  await wait(10);
  return Array.from({ length: batchSize }, (_, index) => `job_${start + index}`);
}

async function pollJobs(jobs: readonly string[]): Promise<number[]> {
  await wait(50);
  return jobs.map((job) => Number(job.slice("job_".length)) * 2);
}

const submit = trace(submitItems);
const poll = trace(pollJobs);

const processBatch = batchProcessor.task(async function processBatch(start: number): Promise<number[]> {
  return await poll(await submit(start));
});

const microbatch = orchestrator.task(async function microbatch({ batches }: Input): Promise<number[]> {
  const starts = Array.from({ length: batches }, (_, index) => index * batchSize);
  return (await map(processBatch, starts, { concurrency: batchesAtOnce })).flat();
});

const shared = {
  unit: "items",
  count: 1_000_000,
  task: microbatch,
  inputs: { whole: { batches: 1_000 }, part: { batches: 20 }, tiny: { batches: 4 } },
  async plain({ batches }: Input, checkpoint: (key: string, value: unknown) => void): Promise<number[]> {
    const results = await pool(batches, batchesAtOnce, (batch) =>
      plainAction(checkpoint, `${batch}`, batch, async () => {
        const jobs = await submitItems(batch * batchSize);
        checkpoint(`${batch}/submit`, jobs);
        const outcomes = await pollJobs(jobs);
        checkpoint(`${batch}/poll`, outcomes);
        return outcomes;
      }),
    );
    return results.flat();
  },
  fault(output: readonly number[], { batches }: Input): string | null {
    if (output.length !== batches * batchSize)
      return `${output.length} results for ${batches * batchSize} items`;
    const wrong = output.findIndex((result, item) => result !== item * 2);
    return wrong === -1 ? null : `item ${wrong} has the result ${output[wrong]}`;
  },
};

export const undisturbed = workload({
  ...shared,
  name: "a",
  title: "1,000 batches × 1,000 items, two traces each, 50 at once",
});

export const killed = workload({
  ...shared,
  name: "k",
  title: "as (a), every replica killed half way",
  killed: batchProcessor.name,
});
