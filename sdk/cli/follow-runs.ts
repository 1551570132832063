import type { RunHandle, RunProgress } from "../index.ts";
import type { LocalBackend } from "../local.ts";
import { countsOf, type RunLook } from "./progress-text.ts";
import type { ProgressView } from "./progress-view.ts";
import { RateMeter } from "./rate-meter.ts";

/**
 * Shows how the runs go on until all have ended, or until `stop`: then it answers false. It never rejects because of a look that
 * failed, but when a run can no longer be waited for.
 */
export async function followRuns(
  backend: LocalBackend,
  handles: readonly RunHandle[],
  view: ProgressView,
  stop: AbortSignal,
): Promise<boolean> {
  const followed = handles.map((handle) => new FollowedRun(handle));
  let isOver = false;
  const looking = (async () => {
    while (!isOver && !stop.aborted) {
      const looks = await Promise.all(followed.map((run) => run.look()));
      if (!isOver && !stop.aborted) view.update(looks, backend.fleets());
      await waited(view.everyMs, stop);
    }
  })();
  looking.catch(() => {});
  const ended = Promise.all(handles.map((handle) => handle.wait()));
  try {
    return await Promise.race([ended.then(() => true), aborted(stop)]);
  } finally {
    isOver = true;
    // Waiting goes on, and fails when the backend is closed.
    ended.catch(() => {});
  }
}

class FollowedRun {
  readonly #handle: RunHandle;
  readonly #meter = new RateMeter();

  constructor(handle: RunHandle) {
    this.#handle = handle;
  }

  async look(): Promise<RunLook> {
    const progress = await lookAt(this.#handle);
    this.#meter.add(countsOf(progress).ended, Date.now());
    return { name: this.#handle.name, progress, perSecond: this.#meter.perSecond };
  }
}

/** How the run stands now. */
export async function lookAt(handle: RunHandle): Promise<RunProgress> {
  for await (const progress of handle.progress()) return progress;
  throw new Error(`Run "${handle.name}" tells no progress.`);
}

function aborted(signal: AbortSignal): Promise<false> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(false);
    signal.addEventListener("abort", () => resolve(false), { once: true });
  });
}

function waited(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    timer.unref();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
