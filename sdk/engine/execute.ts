/** Executes a claimed action to an end: runs its task's code, and writes down what became of it. */
import type { ActionSpec } from "../core/records.ts";
import type { Delivery, World } from "../ports.ts";
import { loadLog } from "./claim.ts";
import type { ClaimedAction } from "./claimed-action.ts";
import { runInContext, taskContext } from "./context.ts";
import { Execution } from "./execution.ts";
import type { ExecutionEnd } from "./execution-end.ts";
import { finishExecution, settleDelivery } from "./finish.ts";
import { loadPayload } from "./payloads.ts";
import type { Slots } from "./slots.ts";

/** The code of a task, as the engine calls it: with the decoded input, in the action's context. */
export type TaskBody = (input: unknown) => unknown;

/** Finds the code of a task by its full name, for an action of some run; throws an UnknownTaskError. */
export type ResolveTask = (name: string, spec: ActionSpec) => TaskBody | Promise<TaskBody>;

export interface ExecuteOptions {
  readonly slots: Slots;
  readonly lingerMs: number;
  readonly resolveTask: ResolveTask;
  readonly onPark: () => void;
  readonly onStart: (execution: Execution) => void;
  readonly onEnd: (execution: Execution) => void;
}

/** The caller has taken a slot for it; it is given back here. */
export async function execute(
  world: World,
  delivery: Delivery,
  claimed: ClaimedAction,
  options: ExecuteOptions,
): Promise<void> {
  for (let action = claimed; ; ) {
    const execution = new Execution(world, action, options);
    options.onStart(execution);
    let finished: Awaited<ReturnType<typeof finishExecution>>;
    try {
      const end = await runTask(world, execution, options.resolveTask);
      finished = await finishExecution(world, execution, end);
    } finally {
      options.onEnd(execution);
    }
    if (finished !== "go-on") {
      await settleDelivery(world, delivery, finished);
      return;
    }
    await options.slots.retake();
    try {
      action = await loadLog(world, action.spec, action.state, false);
    } catch (error) {
      options.slots.give();
      throw error;
    }
  }
}

async function runTask(world: World, execution: Execution, resolveTask: ResolveTask): Promise<ExecutionEnd> {
  const { spec } = execution.claimed;
  return await execution.run(async () => {
    // Loading a module is not the action's: what the module prints or starts belongs to nobody.
    const body = await resolveTask(spec.name, spec);
    const input = await loadInput(world, execution);
    return await runInContext(taskContext(execution), () => body(input));
  });
}

/** That the input cannot be read is no failure of the attempt. */
async function loadInput(world: World, execution: Execution): Promise<unknown> {
  try {
    return await loadPayload(world, execution.claimed.spec.input);
  } catch (error) {
    execution.close({ kind: "broken", error });
    throw error;
  }
}
