/** Tiny traces in one action: what a checkpoint costs when many wait together, and when each waits for the one before. */
import { map, TaskEnvironment, trace } from "drover";
import { pool } from "../pool.ts";
import { workload } from "../workload.ts";

interface Input {
  readonly traces: number;
  /** How many at once. */
  readonly width: number;
}

const environment = new TaskEnvironment("bench-traces", { reusable: { replicas: 1, concurrency: 1 } });

const double = trace(async function double(n: number): Promise<number> {
  return n * 2;
});

const manyTraces = environment.task(async function manyTraces({ traces, width }: Input): Promise<number[]> {
  return await map(double, Array(traces).keys(), { concurrency: width });
});

const oneByOne = environment.task(async function oneByOne({ traces }: Input): Promise<number[]> {
  const results: number[] = [];
  for (let n = 0; n < traces; n += 1) results.push(await double(n));
  return results;
});

const shared = {
  unit: "traces",
  plain: ({ traces, width }: Input, checkpoint: (key: string, value: unknown) => void): Promise<number[]> =>
    pool(traces, width, async (n) => {
      checkpoint(`${n}`, n * 2);
      return n * 2;
    }),
  fault(output: readonly number[], { traces }: Input): string | null {
    if (output.length !== traces) return `${output.length} results of ${traces} traces`;
    const wrong = output.findIndex((result, n) => result !== n * 2);
    return wrong === -1 ? null : `trace ${wrong} has the result ${output[wrong]}`;
  },
};

export const together = workload({
  ...shared,
  name: "c",
  title: "20,000 tiny traces, 100 at once",
  count: 20_000,
  task: manyTraces,
  inputs: {
    whole: { traces: 20_000, width: 100 },
    part: { traces: 2_000, width: 100 },
    tiny: { traces: 200, width: 100 },
  },
});

export const serial = workload({
  ...shared,
  name: "d",
  title: "2,000 tiny traces, one after another",
  count: 2_000,
  task: oneByOne,
  inputs: {
    whole: { traces: 2_000, width: 1 },
    part: { traces: 200, width: 1 },
    tiny: { traces: 20, width: 1 },
  },
});
