/** A worker over the memory backend, whose tasks are the functions that a test gives. */

import { MemoryLeases } from "../../sdk/backends/memory/leases.ts";
import { Mortal } from "../../sdk/backends/memory/mortal.ts";
import { rootActionId } from "../../sdk/core/identity.ts";
import type { ActionId, ActionPolicy, ActionState } from "../../sdk/core/records.ts";
import { callChild, type TaskRef } from "../../sdk/engine/children.ts";
import { type ActionContext, currentContext } from "../../sdk/engine/context.ts";
import type { TaskBody } from "../../sdk/engine/execute.ts";
import { runService } from "../../sdk/engine/service.ts";
import { startRun } from "../../sdk/engine/start-run.ts";
import { callTrace } from "../../sdk/engine/trace.ts";
import { Worker, type WorkerOptions } from "../../sdk/engine/worker.ts";
import { aSpec } from "../support/records.ts";
import { leaseMs, type TestWorld } from "./world.ts";

export const queue = "orders";

const noLimits: ActionPolicy = {
  ...aSpec().policy,
  timeouts: { maxRuntimeMs: null, maxQueuedMs: null, deadlineMs: null },
};

export function taskRef(name: string, policy: Partial<ActionPolicy> = {}): TaskRef {
  return { name, environment: queue, policy: { ...noLimits, ...policy } };
}

export interface Crewman {
  readonly worker: Worker;
  /** Resolves when the worker holds nothing any more. */
  readonly served: Promise<void>;
  /** Ends it as SIGKILL would. */
  kill(): void;
}

export function hire(
  world: TestWorld,
  tasks: Readonly<Record<string, TaskBody>>,
  options: Partial<WorkerOptions> = {},
): Crewman {
  const life = new Mortal();
  const own = life.bind(world);
  const leases = new MemoryLeases({ queue: world.queue, clock: own.clock, leaseMs });
  const resolveTask = (name: string): TaskBody => {
    const body = tasks[name];
    if (body === undefined) throw new Error(`The test has no task ${name}.`);
    return body;
  };
  const worker = new Worker(own, { environment: queue, concurrency: 1, leases, resolveTask, ...options });
  return { worker, served: worker.run(), kill: () => life.end() };
}

/** Timers, limits and the telling of ends, for as long as the test lasts. */
export function serve(world: TestWorld): AbortController {
  const stop = new AbortController();
  void runService(world, world.changes, stop.signal);
  return stop;
}

/** Starts a run of a task, and answers the id of its root action. */
export async function start(
  world: TestWorld,
  name: string,
  task: TaskRef,
  input: unknown = null,
): Promise<ActionId> {
  await startRun(world, { name, task, input, code: "memory:" });
  return rootActionId(name);
}

export async function stateOf(world: TestWorld, action: ActionId): Promise<ActionState | null> {
  const [state] = await world.store.readStates([action]);
  return state ?? null;
}

function context(): ActionContext {
  const found = currentContext();
  if (found === null) throw new Error("This runs in an action only.");
  return found;
}

export function child(name: string, input: unknown = null): Promise<unknown> {
  return callChild(context(), taskRef(name), input).result;
}

export function traced(name: string, body: () => unknown): Promise<unknown> {
  return callTrace(context(), { name, version: "", args: [] }, body);
}

export function signal(): AbortSignal {
  return context().execution.signal;
}
