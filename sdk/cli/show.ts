/** `drover show RUN`: how a run stands, why actions failed, and its actions one by one. */
import { type Command, Option } from "commander";
import type { RunStatus } from "../index.ts";
import type { LocalView } from "../local.ts";
import { type ActionRow, actionDocument, actionTable } from "./action-rows.ts";
import {
  aCommand,
  atLeastOne,
  type CommonOptions,
  knownRun,
  stateOption,
  withView,
} from "./common-options.ts";
import { runDocument } from "./document.ts";
import { errorText } from "./error-text.ts";
import { formatCount, formatDuration, plural } from "./format.ts";
import { lookFromOutside, type RunLookFromOutside } from "./run-look.ts";
import { outcomeFromOutside } from "./run-outcome.ts";
import { printDocument, printOut, styled } from "./terminal.ts";

interface ShowOptions extends CommonOptions {
  readonly actions?: true;
  readonly status?: RunStatus;
  readonly limit: number;
}

const statuses = ["queued", "running", "suspended", "succeeded", "failed", "aborted"] as const;
const limitDefault = 50;
const failuresShown = 5;
/** Failures that are looked through for the latest ones. */
const failuresReadMax = 100_000;
const pageLimit = 1_000;

export function showCommand(): Command {
  return aCommand("show", "show how a run stands")
    .argument("<run>", "name of the run")
    .option("--actions", "list its actions, oldest first")
    .addOption(new Option("--status <status>", "those of one status only, with --actions").choices(statuses))
    .option("--limit <n>", "how many at most, with --actions", atLeastOne("--limit"), limitDefault)
    .action(show);
}

async function show(name: string, options: ShowOptions): Promise<void> {
  await withView(options.state, async (view) => {
    const record = await knownRun(view, name, options.state);
    if (options.actions === true || options.status !== undefined)
      return await showActions(view, name, options);
    const look = await lookFromOutside(view, record);
    const failures = await latestFailures(view, look);
    if (options.json) await printLook(view, look, failures);
    else printOut(await lookText(view, look, failures, options.state));
  });
}

async function showActions(
  view: LocalView,
  name: string,
  { status, limit, json }: ShowOptions,
): Promise<void> {
  const page = { limit, ...(status === undefined ? {} : { status }) };
  const rows = await view.catalog.listActions(name, page);
  if (json) printDocument({ run: name, actions: rows.map(actionDocument) });
  else if (rows.length === 0)
    printOut(status === undefined ? "No actions yet." : `No actions are ${status}.`);
  else printOut(actionTable(rows));
}

async function latestFailures(
  view: LocalView,
  { record, progress }: RunLookFromOutside,
): Promise<readonly ActionRow[]> {
  if (progress.actions.failed === 0) return [];
  let latest: ActionRow[] = [];
  let after: string | undefined;
  for (let read = 0; read < failuresReadMax; read += pageLimit) {
    const page = { status: "failed", limit: pageLimit, ...(after === undefined ? {} : { after }) } as const;
    const rows = await view.catalog.listActions(record.name, page);
    latest = [...latest, ...rows].sort((a, b) => (b.endedMs ?? 0) - (a.endedMs ?? 0)).slice(0, failuresShown);
    after = rows.at(-1)?.id;
    if (rows.length < pageLimit) break;
  }
  return latest;
}

async function printLook(
  view: LocalView,
  look: RunLookFromOutside,
  failures: readonly ActionRow[],
): Promise<void> {
  const { record, startedMs, endedMs, progress } = look;
  const time = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());
  const document = runDocument(await outcomeFromOutside(view, look));
  printDocument({
    ...document,
    task: record.task,
    actions: { ...document.actions, ...progress.actions },
    createdAt: time(record.createdMs),
    startedAt: time(startedMs),
    endedAt: time(endedMs),
    failures: failures.map(actionDocument),
  });
}

async function lookText(
  view: LocalView,
  look: RunLookFromOutside,
  failures: readonly ActionRow[],
  dir: string,
): Promise<string> {
  const { record, progress, startedMs, endedMs } = look;
  const time = (ms: number) => new Date(ms).toLocaleString("sv-SE");
  const counts = statuses.filter((status) => progress.actions[status] > 0);
  const lines = [
    `${styled("bold", record.name, process.stdout)}  ${progress.status}  ${formatDuration(progress.elapsedMs)}`,
    `  task     ${record.task}`,
    `  created  ${time(record.createdMs)}`,
    ...(startedMs === null ? [] : [`  started  ${time(startedMs)}`]),
    ...(endedMs === null ? [] : [`  ended    ${time(endedMs)}`]),
    `  actions  ${counts.map((status) => `${formatCount(progress.actions[status])} ${status}`).join(", ") || "none yet"}`,
    `  traces   ${formatCount(progress.tracesExecuted)} executed, ${formatCount(progress.tracesReplayed)} replayed`,
  ];
  const { thrown } = await outcomeFromOutside(view, look);
  if (thrown !== null) lines.push("", errorText(thrown.error, process.stdout));
  if (failures.length > 0)
    lines.push(
      "",
      `The latest of ${plural(progress.actions.failed, "failed action")}:`,
      actionTable(failures),
    );
  if (endedMs === null && !view.hasHost()) {
    lines.push("", `Nobody executes it now. Go on with: drover resume ${record.name}${stateOption(dir)}`);
  }
  return lines.join("\n");
}
