/** Which action, and which part of it, the running code belongs to. */
import { AsyncLocalStorage } from "node:async_hooks";
import { Ordinals } from "../core/identity.ts";
import type { Execution } from "./execution.ts";

export interface ActionContext {
  readonly execution: Execution;
  /** Id of the trace whose body is running; null in the task's own code. */
  readonly within: string | null;
  /** Name of that trace. */
  readonly withinName: string | null;
  /** Innermost `group(...)`. */
  readonly group: string | null;
  /** Counts equal invocations of the code that runs here: the task's own, or one trace body's. */
  readonly ordinals: Ordinals;
}

const storage = new AsyncLocalStorage<ActionContext>();

/** Null outside a run. */
export function currentContext(): ActionContext | null {
  return storage.getStore() ?? null;
}

/** The context in which a task's own code begins. */
export function taskContext(execution: Execution): ActionContext {
  return { execution, within: null, withinName: null, group: null, ordinals: new Ordinals() };
}

export function runInContext<T>(context: ActionContext, body: () => T): T {
  return storage.run(context, body);
}
