/** One session of a host: open the folder, attend to runs, say how they did, close. */
import type { RunHandle } from "../index.ts";
import { type LocalBackend, openHost } from "../local.ts";
import { type Attended, attendRuns, logPrinterFor } from "./attend-runs.ts";
import { type HostOptions, stateOption } from "./common-options.ts";
import { type RunDocument, runDocument } from "./document.ts";
import { writeOutputFile } from "./output-file.ts";
import { openProgressView } from "./progress-view.ts";
import { failureText, summaryText } from "./run-report.ts";
import { stoppedExitCode, stopSignal } from "./stop-signals.ts";
import { printDocument, printErr, printOut } from "./terminal.ts";

export interface AttendOptions extends HostOptions {
  /** True for a document that lists runs. @default false */
  readonly isMany?: boolean;
}

interface Session {
  readonly backend: LocalBackend;
  /** Tells the user something, above the progress. */
  note(text: string): void;
}

/** Answers the exit code. @param begin Starts or finds the runs. */
export async function attend(
  options: AttendOptions,
  begin: (session: Session) => Promise<readonly RunHandle[]>,
): Promise<number> {
  const isQuiet = options.quiet === true;
  const stop = stopSignal();
  let backend: LocalBackend | null = null;
  const view = openProgressView(isQuiet);
  const logs = logPrinterFor(view, () => backend);
  let attended: Attended;
  try {
    backend = openHost({
      dir: options.state,
      durability: options.durability,
      onLog: isQuiet ? () => {} : (line) => logs.add(line),
    });
    const handles = await begin({ backend, note: (text) => view.print(text) });
    attended = await attendRuns(backend, handles, view, stop);
    if (attended.isStopped)
      view.print("Stopping. What is running gets a few seconds to end; Ctrl-C again ends it now.");
  } finally {
    await backend?.close();
    await logs.printed();
    view.close();
  }
  return report(attended, options);
}

function report(attended: Attended, options: AttendOptions): number {
  const { runs, isStopped } = attended;
  for (const { outcome } of runs) {
    if (options.output !== undefined && outcome.returned !== null) {
      writeOutputFile(options.output, outcome.returned.output);
    }
  }
  if (options.json) printDocument(documentOf(attended, options));
  else printReport(attended, options);
  if (isStopped) {
    const [first, ...others] = runs;
    const which = first === undefined || others.length > 0 ? "" : ` ${first.outcome.name}`;
    printErr(`Stopped. Run \`drover resume${which}${stateOption(options.state)}\` to go on.`);
    return stoppedExitCode;
  }
  return runs.every(({ outcome }) => outcome.returned !== null) ? 0 : 1;
}

function documentOf({ runs, isStopped }: Attended, { isMany = false }: AttendOptions): unknown {
  const documents = runs.map(({ outcome }) => {
    const document = runDocument(outcome);
    return isStopped && document.error === null && outcome.returned === null ? stopped(document) : document;
  });
  return isMany ? { runs: documents } : documents[0];
}

function stopped(document: RunDocument): RunDocument {
  const message = "The run was left before its end, by a signal. It goes on with drover resume.";
  return { ...document, error: { code: "STOPPED", name: "Stopped", message, stack: null } };
}

function printReport({ runs, isStopped }: Attended, options: AttendOptions): void {
  if (runs.length === 0) printOut(`No run in ${options.state} is unfinished.`);
  for (const { outcome, failed } of runs) {
    if (outcome.thrown === null && outcome.returned === null && isStopped) continue;
    printOut(summaryText(outcome, options.output ?? null));
    if (outcome.thrown === null) continue;
    printErr(failureText(outcome, failed));
    printErr(`Look closer: drover show ${outcome.name}${stateOption(options.state)}`);
  }
}
