/** `drover runs`: the runs of a state folder. */
import type { Command } from "commander";
import type { LocalView } from "../local.ts";
import { aCommand, atLeastOne, type CommonOptions, withView } from "./common-options.ts";
import { formatCount, formatDuration, formatTable } from "./format.ts";
import { countsOf } from "./progress-text.ts";
import { lookFromOutside, type RunLookFromOutside } from "./run-look.ts";
import { printDocument, printOut } from "./terminal.ts";

interface RunsOptions extends CommonOptions {
  readonly limit: number;
}

const limitDefault = 20;

export function runsCommand(): Command {
  return aCommand("runs", "list runs, newest first")
    .option("--limit <n>", "how many at most", atLeastOne("--limit"), limitDefault)
    .action(runs);
}

async function runs(options: RunsOptions): Promise<void> {
  const looks = await withView(options.state, (view) => newest(view, options.limit));
  if (options.json) printDocument({ runs: looks.map(rowDocument) });
  else if (looks.length === 0) printOut(`There are no runs in ${options.state}.`);
  else
    printOut(formatTable([["RUN", "STATUS", "STARTED", "DURATION", "ACTIONS", "TASK"], ...looks.map(row)]));
}

async function newest(view: LocalView, limit: number): Promise<readonly RunLookFromOutside[]> {
  const records = await view.catalog.listRuns(limit);
  return await Promise.all(records.map((record) => lookFromOutside(view, record)));
}

function row({ record, progress }: RunLookFromOutside): string[] {
  const { ended, total, failed } = countsOf(progress);
  const failures = failed === 0 ? "" : `, ${formatCount(failed)} failed`;
  return [
    record.name,
    progress.status,
    localTime(record.createdMs),
    formatDuration(progress.elapsedMs),
    `${formatCount(ended)}/${formatCount(total)}${failures}`,
    record.task,
  ];
}

/** @example "2026-11-02 14:30:05", in the time zone of this machine. */
function localTime(timeMs: number): string {
  return new Date(timeMs).toLocaleString("sv-SE");
}

function rowDocument({ record, progress }: RunLookFromOutside) {
  const { total, succeeded, failed, aborted } = countsOf(progress);
  return {
    run: record.name,
    task: record.task,
    status: progress.status,
    createdAt: new Date(record.createdMs).toISOString(),
    durationMs: progress.elapsedMs,
    actions: { total, succeeded, failed, aborted },
  };
}
