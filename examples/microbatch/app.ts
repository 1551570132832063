/**
 * A million items in batches of a thousand: each batch is submitted to a service, then waited for. Whatever dies on the
 * way, no batch is submitted twice once its submission is recorded, and one bad item or batch spoils no other.
 *
 *   npx drover run examples/microbatch/app.ts:microbatch
 */
import { map, TaskEnvironment, trace } from "drover";
import { pollJobs, submitItems } from "./service.ts";
import { printPlan, printSummary } from "./summary.ts";

// A fleet of warm replicas: 3 to 10 processes (containers on AWS) with 5 batches in each, so up to 50 batches at once.
// Batches mostly wait for the service, which is why several share a replica.
const batchProcessor = new TaskEnvironment("batch-processor", {
  resources: { cpu: 1, memory: "2Gi" },
  reusable: { replicas: [3, 10], concurrency: 5, idleTtl: "5m" },
});

// The driver runs once per run and is not worth keeping warm, so it has no `reusable`. It holds all results: more memory.
const orchestrator = new TaskEnvironment("orchestrator", {
  resources: { cpu: 1, memory: "4Gi" },
  dependsOn: [batchProcessor],
});

/** Items from `start` up to, not including, `end`. A batch travels as its bounds, not as its items. */
interface Batch {
  readonly start: number;
  readonly end: number;
  readonly failEvery: number;
}

interface MicrobatchInput {
  /** How many items there are. @default 1_000_000 */
  readonly items?: number;
  /** Items in a batch. @default 1_000 */
  readonly batchSize?: number;
  /** Batches at once: what the service can take. @default 10 */
  readonly maxBatches?: number;
  /** Lets every n-th item fail; 0 is none. @default 0 */
  readonly failEvery?: number;
}

/** Stands in the results for an item that failed. */
const failed = -1;

// A trace is a checkpoint. Its result is recorded before it returns, and never asked for again in this run: when a
// replica dies while it waits, the batch goes on with the jobs it has, elsewhere, and submits nothing twice.
const submit = trace(async function submit({ start, end, failEvery }: Batch) {
  const items = Array.from({ length: end - start }, (_, index) => start + index);
  const answers = await submitItems(items, failEvery);
  return answers.map((answer) => (answer instanceof Error ? null : answer));
});

const wait = trace(async function wait(jobs: readonly (string | null)[], failEvery: number) {
  const accepted = jobs.filter((job) => job !== null);
  const outcomes = await pollJobs(accepted, failEvery);
  return jobs.map((job) => {
    const outcome = job === null ? undefined : outcomes.get(job);
    return typeof outcome === "number" ? outcome : failed;
  });
});

/** One batch: its results in the order of its items, -1 for each that failed. */
export const processBatch = batchProcessor.task(
  async function processBatch(batch: Batch): Promise<number[]> {
    return await wait(await submit(batch), batch.failEvery);
  },
  // A batch that throws starts over up to three times. Losing a replica is not a failure of the batch, and not counted.
  { retries: 3, timeout: "10m" },
);

/** The results of all items, in their order; items of a batch that failed as a whole are missing. */
export const microbatch = orchestrator.task(async function microbatch({
  items = 1_000_000,
  batchSize = 1_000,
  maxBatches = 10,
  failEvery = 0,
}: MicrobatchInput = {}): Promise<number[]> {
  const batches = cut(items, batchSize).map((range): Batch => ({ ...range, failEvery }));
  const plan = { items, batchSize, batches: batches.length, maxBatches };
  printPlan(plan);

  // Each call is an action of its own, durable and executed by the fleet. With `onError: "return"` a batch that fails is
  // one of the outcomes; without it, the first failure would end the run.
  const outcomes = await map(processBatch, batches, { concurrency: maxBatches, onError: "return" });

  printSummary(plan, outcomes);
  return outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? outcome.value : []));
});

function cut(items: number, size: number): { start: number; end: number }[] {
  if (!Number.isInteger(size) || size < 1) {
    throw new RangeError(`batchSize is ${size}; give a whole number from 1 on.`);
  }
  return Array.from({ length: Math.ceil(items / size) }, (_, index) => ({
    start: index * size,
    end: Math.min((index + 1) * size, items),
  }));
}
