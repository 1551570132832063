/** `drover logs RUN [ACTION]`: what tasks have logged and printed. */
import { setTimeout as wait } from "node:timers/promises";
import type { Command } from "commander";
import type { LocalLogLine, LocalView } from "../local.ts";
import { badUsage } from "./bad-usage.ts";
import { aCommand, type CommonOptions, knownRun, withView } from "./common-options.ts";
import { logText } from "./log-line.ts";
import { printDocument, printOut } from "./terminal.ts";

interface LogsOptions extends CommonOptions {
  readonly follow?: true;
}

const followMs = 300;

export function logsCommand(): Command {
  return aCommand("logs", "print what the tasks of a run have logged and printed")
    .argument("<run>", "name of the run")
    .argument("[action]", "id of one action, or how it begins; a0 is the root action")
    .option("-f, --follow", "go on with new lines until the run has ended")
    .action(logs);
}

async function logs(name: string, action: string | undefined, options: LogsOptions): Promise<void> {
  if (options.follow && options.json) {
    throw badUsage({
      what: "--follow",
      value: "--json",
      allowed: "one of the two",
      wayOut: "One JSON document has an end: leave --follow out, or --json.",
    });
  }
  await withView(options.state, async (view) => {
    const { root } = await knownRun(view, name, options.state);
    if (options.json) return await printLines(view, name, action);
    await followLines(view, { name, root: root.id, isFollowed: options.follow === true }, action);
  });
}

async function printLines(view: LocalView, name: string, action: string | undefined): Promise<void> {
  const lines: LocalLogLine[] = [];
  for await (const line of view.readLogs(name)) if (isMeant(line, action)) lines.push(line);
  printDocument({
    run: name,
    lines: lines.map(({ action: id, replica, level, text, fields, timeMs }) => ({
      time: new Date(timeMs).toISOString(),
      action: id,
      replica,
      level,
      text,
      fields,
    })),
  });
}

interface Followed {
  readonly name: string;
  /** Id of the root action. */
  readonly root: string;
  readonly isFollowed: boolean;
}

async function followLines(view: LocalView, run: Followed, action: string | undefined): Promise<void> {
  let seen = 0;
  for (;;) {
    // The end is looked for first: what was logged before it is read after it.
    const state = await view.readState(run.root);
    for await (const line of view.readLogs(run.name, { skip: seen })) {
      seen += 1;
      if (isMeant(line, action)) printOut(logText(line, null, process.stdout));
    }
    if (!run.isFollowed || (state !== null && state.endedMs !== null)) return;
    await wait(followMs);
  }
}

function isMeant({ action }: LocalLogLine, meant: string | undefined): boolean {
  return meant === undefined || (meant === "a0" ? action === meant : action?.startsWith(meant) === true);
}
