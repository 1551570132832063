/** `drover abort RUN`: ends a run and everything in it. */
import { setTimeout as wait } from "node:timers/promises";
import type { Command } from "commander";
import { abortRun } from "../local.ts";
import {
  aCommand,
  type CommonOptions,
  knownRun,
  stateOption,
  unknownRun,
  withView,
} from "./common-options.ts";
import { runDocument } from "./document.ts";
import { lookFromOutside } from "./run-look.ts";
import { outcomeFromOutside } from "./run-outcome.ts";
import { printDocument, printErr, printOut } from "./terminal.ts";

interface AbortOptions extends CommonOptions {
  readonly reason: string;
}

/** A host that is alive does what it is asked within a second. */
const waitMsMax = 10_000;
const pollMs = 100;

export function abortCommand(): Command {
  return aCommand("abort", "end a run and everything in it")
    .argument("<run>", "name of the run")
    .option("--reason <text>", "why, for whoever looks at the run later", "drover abort")
    .action(abort);
}

async function abort(name: string, options: AbortOptions): Promise<void> {
  const answer = await abortRun(options.state, name, options.reason);
  if (answer === "unknown") throw unknownRun(name, options.state);
  await withView(options.state, async (view) => {
    const record = await knownRun(view, name, options.state);
    const endedBy = Date.now() + (answer === "requested" ? waitMsMax : 0);
    let look = await lookFromOutside(view, record);
    while (look.endedMs === null && Date.now() < endedBy) {
      await wait(pollMs);
      look = await lookFromOutside(view, record);
    }
    const isOver = look.endedMs !== null;
    if (options.json) printDocument(runDocument(await outcomeFromOutside(view, look)));
    else if (!isOver) printErr(`Run "${name}" has been asked to end; its host has not done so yet.`);
    else if (answer === "ended") printOut(`Run "${name}" had ended before: ${look.progress.status}.`);
    else
      printOut(`Run "${name}" ${look.progress.status === "aborted" ? "is aborted" : look.progress.status}.`);
    if (!isOver) printErr(`Look again: drover show ${name}${stateOption(options.state)}`);
    process.exitCode = isOver ? 0 : 1;
  });
}
