/** `drover resume [RUN]`: attends to runs that have not ended. */
import type { Command } from "commander";
import type { RunHandle } from "../index.ts";
import type { LocalBackend } from "../local.ts";
import { attend } from "./attend.ts";
import { badUsage } from "./bad-usage.ts";
import { aHostCommand, type HostOptions, knownRun, unknownRun, withView } from "./common-options.ts";
import { UserCodeError } from "./find-task.ts";
import { checkOutputFile } from "./output-file.ts";

export function resumeCommand(): Command {
  return aHostCommand("resume", "go on with a run, or with all runs that have not ended")
    .argument("[run]", "name of the run")
    .action(resume);
}

async function resume(name: string | undefined, options: HostOptions): Promise<void> {
  if (options.output !== undefined) {
    if (name === undefined) throw outputOfMany(options.output);
    checkOutputFile(options.output);
  }
  // To look first makes no folder where there is none.
  await withView(options.state, async (view) => {
    if (name !== undefined) await knownRun(view, name, options.state);
  });
  const isMany = name === undefined;
  process.exitCode = await attend({ ...options, isMany }, ({ backend }) =>
    attended(backend, name, options.state),
  );
}

/** Handles of the runs that are meant, each attended to unless it has ended. */
async function attended(
  backend: LocalBackend,
  name: string | undefined,
  dir: string,
): Promise<readonly RunHandle[]> {
  const unfinished = await backend.unfinished();
  const meant = name === undefined ? unfinished : unfinished.filter((run) => run.name === name);
  for (const run of meant) {
    await backend.attend(run).catch((cause: unknown) => {
      throw new UserCodeError(run.code, cause);
    });
  }
  const names = name === undefined ? meant.map((run) => run.name) : [name];
  return await Promise.all(
    names.map(async (one) => {
      const handle = await backend.find(one);
      if (handle === null) throw unknownRun(one, dir);
      return handle;
    }),
  );
}

function outputOfMany(file: string) {
  return badUsage({
    what: "--output",
    value: file,
    allowed: "with the name of one run",
    wayOut: `Name the run: drover resume RUN --output ${file}.`,
  });
}
