/** What `run` and `resume` have in common: a host attends to runs until they end, and says how they did. */
import type { RunHandle } from "../index.ts";
import type { LocalBackend, LocalLogLine } from "../local.ts";
import type { RunOutcome } from "./document.ts";
import { errorText } from "./error-text.ts";
import { followRuns, lookAt } from "./follow-runs.ts";
import { LogPrinter } from "./log-printer.ts";
import type { ProgressView } from "./progress-view.ts";
import type { FailedAction } from "./run-report.ts";

interface AttendedRun {
  readonly outcome: RunOutcome;
  /** The first of its failed actions; none where it has succeeded. */
  readonly failed: readonly FailedAction[];
}

export interface Attended {
  readonly runs: readonly AttendedRun[];
  /** True if it was left before all runs had ended. */
  readonly isStopped: boolean;
}

/** Follows the runs to their end, or to `stop`; closes neither the backend nor the view. */
export async function attendRuns(
  backend: LocalBackend,
  handles: readonly RunHandle[],
  view: ProgressView,
  stop: AbortSignal,
): Promise<Attended> {
  backend.onFailure((error) => view.print(errorText(error, process.stderr)));
  const isEnded = await followRuns(backend, handles, view, stop);
  const runs = await Promise.all(handles.map((handle) => outcomeOf(backend, handle)));
  const looks = runs.map(({ outcome: { name, progress } }) => ({ name, progress, perSecond: null }));
  view.update(looks, backend.fleets());
  return { runs, isStopped: !isEnded && runs.some(({ outcome }) => !hasEnded(outcome)) };
}

function hasEnded({ progress }: RunOutcome): boolean {
  return ["succeeded", "failed", "aborted"].includes(progress.status);
}

const failedShownMax = 100;

async function outcomeOf(backend: LocalBackend, handle: RunHandle): Promise<AttendedRun> {
  const { name } = handle;
  const progress = await lookAt(handle);
  if (progress.status === "succeeded") {
    const output = await handle.result();
    return { outcome: { name, progress, returned: { output }, thrown: null }, failed: [] };
  }
  if (progress.status !== "failed" && progress.status !== "aborted") {
    return { outcome: { name, progress, returned: null, thrown: null }, failed: [] };
  }
  const error = await handle.result().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  const actions = await backend.catalog.listActions(name, { status: "failed", limit: failedShownMax });
  const failed = actions.filter((action) => action.parent !== null);
  return { outcome: { name, progress, returned: null, thrown: { error } }, failed };
}

/** Where the lines of tasks go: printed in the view, unless they are not wanted. */
export function logPrinterFor(view: ProgressView, backendOf: () => LocalBackend | null): LogPrinter {
  return new LogPrinter(
    (text) => view.print(text),
    async ({ run, action }: LocalLogLine) => {
      const spec = await backendOf()?.world.store.readSpec(`${run}/${action}`);
      return spec?.name ?? null;
    },
  );
}
