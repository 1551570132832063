/** Records a run when its execution begins. Input: the execution's own. */
import { prepareRun, runStarted } from "../sdk/aws-host.ts";
import { handlerOf, type Work } from "./middleware.ts";

export interface Prepared {
  readonly run: string;
  /** Id of the root action. */
  readonly root: string;
}

export const prepare: Work<unknown, Prepared> = async ({ world, code, publish, stack }, event) => {
  const run = await prepareRun(world, code, event);
  await publish([runStarted(stack, run)]);
  return { run: run.name, root: run.root.id };
};

export const handler = handlerOf(prepare);
