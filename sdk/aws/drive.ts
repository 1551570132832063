/** Executes the root action of a run for as long as there is something to do and time to do it in. */

import { StorageError } from "../core/errors.ts";
import { rootActionId } from "../core/identity.ts";
import { type ActionState, isEnded, type RunRecord } from "../core/records.ts";
import type { ResolveTask } from "../engine/execute.ts";
import { persist } from "../engine/persist.ts";
import { Worker } from "../engine/worker.ts";
import type { Leases, World } from "../ports.ts";
import { driverDelivery, queueWithout } from "./root-message.ts";

/**
 * `done`: the run has ended. `continue`: there is more to do, and the time is up. `suspended`: it waits for children, timers or
 * its next attempt.
 */
export type DriveStatus = "done" | "continue" | "suspended";

export interface DriveOptions {
  readonly resolveTask: ResolveTask;
  /** Aborts when the time is up: what runs is handed back, and finished traces are kept. */
  readonly timeUp: AbortSignal;
  /** How long a driver that only waits stays, in milliseconds. Default: 10,000. */
  readonly lingerMs?: number;
  /** Ends this process when the root action is over its time and does not stop. Default: whoever runs it has a limit. */
  readonly leases?: Leases;
}

/** An attempt that may begin within this time is waited for; one that is due later is worth to be parked for. */
const soonMs = 5_000;

/**
 * Drives a run once. Safe to call again at any time, also beside another call: the engine's epochs decide which of them counts.
 *
 * @throws StorageError when the world did not let it get on, or another executor has the root action; try again later.
 */
export async function driveRun(world: World, run: RunRecord, options: DriveOptions): Promise<DriveStatus> {
  for (;;) {
    if (!options.timeUp.aborted) await driveOnce(world, run, options);
    const [state] = await persist(world, () => world.store.readStates([rootActionId(run.name)]));
    const standing = judge(state ?? null, world.clock.nowMs());
    if (standing.kind === "answer") return standing.status;
    if (options.timeUp.aborted) return "continue";
    if (standing.kind === "stuck") {
      throw new StorageError({ operation: `drive run "${run.name}"`, cause: standing.reason });
    }
    await world.clock.wait(standing.waitMs, options.timeUp);
  }
}

async function driveOnce(world: World, run: RunRecord, options: DriveOptions): Promise<void> {
  const { resolveTask, timeUp, lingerMs, leases = noLeases } = options;
  const delivery = driverDelivery(run.name, run.environment);
  const worker = new Worker(
    { ...world, queue: queueWithout(delivery, world.queue) },
    {
      environment: run.environment,
      concurrency: 1,
      isOneShot: true,
      leases,
      resolveTask,
      ...(lingerMs === undefined ? {} : { lingerMs }),
    },
  );
  const over = new AbortController();
  const handingBack = handBack(world, worker, timeUp, over.signal);
  await worker.run();
  over.abort();
  await handingBack;
}

const askAgainMs = 250;

/** Asks again and again: an execution that was only being loaded when the time was up has not heard it. */
async function handBack(world: World, worker: Worker, timeUp: AbortSignal, over: AbortSignal): Promise<void> {
  await whenAny(timeUp, over);
  while (!over.aborted) {
    void worker.drain(0);
    await world.clock.wait(askAgainMs, over);
  }
}

function whenAny(...signals: readonly AbortSignal[]): Promise<void> {
  const any = AbortSignal.any([...signals]);
  if (any.aborted) return Promise.resolve();
  return new Promise((resolve) => any.addEventListener("abort", () => resolve(), { once: true }));
}

/** Nothing hides a root action from others but its epoch. */
const noLeases: Leases = { hold: () => undefined, drop: () => undefined };

type Standing =
  | { readonly kind: "answer"; readonly status: DriveStatus }
  | { readonly kind: "more"; readonly waitMs: number }
  | { readonly kind: "stuck"; readonly reason: string };

function judge(state: ActionState | null, nowMs: number): Standing {
  if (state === null) return { kind: "stuck", reason: "its root action could not be claimed" };
  if (isEnded(state.status)) return { kind: "answer", status: "done" };
  if (state.status === "running")
    return { kind: "stuck", reason: "its root action is still held by an executor" };
  if (isWaiting(state, nowMs)) return { kind: "answer", status: "suspended" };
  return { kind: "more", waitMs: Math.max(0, state.readyMs - nowMs) };
}

/** True if a driver has nothing to do for the root action, and somebody will see to it that it is woken when it has. */
export function isWaiting(state: ActionState, nowMs: number): boolean {
  if (state.status === "suspended") return state.inbox <= state.read;
  return state.status === "queued" && state.readyMs > nowMs + soonMs;
}
