/** Ten thousand batch actions that do nothing: what an action costs. */
import { map, TaskEnvironment } from "drover";
import { pool } from "../pool.ts";
import { plainAction, workload } from "../workload.ts";

interface Input {
  readonly actions: number;
}

const workers = new TaskEnvironment("bench-actions", { reusable: { replicas: [2, 2], concurrency: 50 } });

const driver = new TaskEnvironment("bench-actions-driver", {
  reusable: { replicas: 1, concurrency: 1 },
  dependsOn: [workers],
});

const echo = workers.task(async function echo(n: number): Promise<number> {
  return n;
});

const manyActions = driver.task(async function manyActions({ actions }: Input): Promise<number[]> {
  return await map(echo, Array(actions).keys());
});

export const actions = workload({
  name: "b",
  title: "10,000 actions that do nothing",
  unit: "actions",
  count: 10_000,
  task: manyActions,
  inputs: { whole: { actions: 10_000 }, part: { actions: 1_000 }, tiny: { actions: 8 } },
  plain: ({ actions }, checkpoint) =>
    pool(actions, 50, (n) => plainAction(checkpoint, `${n}`, n, async () => n)),
  fault(output, { actions }) {
    if (output.length !== actions) return `${output.length} results of ${actions} actions`;
    const wrong = output.findIndex((result, n) => result !== n);
    return wrong === -1 ? null : `action ${wrong} has the result ${output[wrong]}`;
  },
});
