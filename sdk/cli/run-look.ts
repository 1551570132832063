import type { RunProgress } from "../index.ts";
import type { LocalView } from "../local.ts";

type RunRecord = NonNullable<Awaited<ReturnType<LocalView["readRun"]>>>;

/** A run as another process than its host sees it. */
export interface RunLookFromOutside {
  readonly record: RunRecord;
  readonly progress: RunProgress;
  readonly startedMs: number | null;
  readonly endedMs: number | null;
}

export async function lookFromOutside(view: LocalView, record: RunRecord): Promise<RunLookFromOutside> {
  const [state, summary] = await Promise.all([
    view.readState(record.root.id),
    view.catalog.summarize(record.name),
  ]);
  const endedMs = state?.endedMs ?? null;
  const progress = {
    ...summary,
    status: state?.status ?? "queued",
    elapsedMs: (endedMs ?? Date.now()) - record.createdMs,
  };
  return { record, progress, startedMs: state?.startedMs ?? null, endedMs };
}
