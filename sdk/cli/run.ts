/** `drover run FILE:TASK`: starts a run and attends to it. */
import type { Command } from "commander";
import { startTask } from "../host.ts";
import { attend } from "./attend.ts";
import { aHostCommand, type HostOptions } from "./common-options.ts";
import { loadTask, readTarget } from "./find-task.ts";
import { checkOutputFile } from "./output-file.ts";
import { readInput } from "./read-input.ts";

interface RunOptions extends HostOptions {
  readonly input?: string;
  readonly set?: readonly string[];
  readonly name?: string;
}

export function runCommand(): Command {
  return aHostCommand("run", "start a run of a task and wait for its end")
    .argument("<file:task>", "module, and the task's exported name, short name or full name")
    .option("--input <json>", "input as JSON, or @file to read it from a file")
    .option("--set <key=value>", "one field of the input; repeat it for more", (text, all: string[] = []) => [
      ...all,
      text,
    ])
    .option("--name <name>", "name of the run; where one of that name exists, it goes on and none is started")
    .action(run);
}

async function run(target: string, options: RunOptions): Promise<void> {
  const file = readTarget(target);
  const input = readInput(options);
  if (options.output !== undefined) checkOutputFile(options.output);
  const task = await loadTask(file);
  process.exitCode = await attend(options, async ({ backend, note }) => {
    const handle = await startTask(task, input, {
      backend,
      ...(options.name === undefined ? {} : { name: options.name }),
    });
    if (!handle.created)
      note(`Run "${handle.name}" exists: nothing is started, and its input stays what it was.`);
    return [handle];
  });
}
