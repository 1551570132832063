/** Options that several commands have, and what they turn into. */
import { Command, Option } from "commander";
import { type LocalView, openLocalView } from "../local.ts";
import { badUsage } from "./bad-usage.ts";

const stateDirDefault = ".drover";

/** Options of every command. */
export interface CommonOptions {
  readonly state: string;
  readonly json?: true;
}

/** Options of commands that attend to runs. */
export interface HostOptions extends CommonOptions {
  readonly durability: "process" | "power";
  readonly quiet?: true;
  readonly output?: string;
}

/** A command with the options of every command. */
export function aCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option("--state <dir>", "state folder", stateDirDefault)
    .option("--json", "print one JSON document on stdout, everything else on stderr");
}

/** A command that attends to runs. */
export function aHostCommand(name: string, description: string): Command {
  return aCommand(name, description)
    .option("--output <file>", "write the output as JSON to this file")
    .addOption(
      new Option(
        "--durability <of>",
        "what finished work survives: the death of a process, or a loss of power",
      )
        .choices(["process", "power"])
        .default("process"),
    )
    .option("-q, --quiet", "show neither progress nor what tasks print");
}

/** Parser of an option that is a whole number, at least 1. */
export function atLeastOne(option: string): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (Number.isSafeInteger(number) && number >= 1) return number;
    throw badUsage({
      what: option,
      value: text,
      allowed: "a whole number, at least 1",
      wayOut: `Write ${option} 20, for example.`,
    });
  };
}

type RunRecord = NonNullable<Awaited<ReturnType<LocalView["readRun"]>>>;

/** Opens the state folder to look at it, and closes it afterwards. @throws DroverError where there is no state. */
export async function withView<T>(dir: string, look: (view: LocalView) => Promise<T>): Promise<T> {
  const view = openLocalView(dir);
  try {
    return await look(view);
  } finally {
    view.close();
  }
}

/** @throws InputError where there is no run of that name. */
export async function knownRun(view: LocalView, name: string, dir: string): Promise<RunRecord> {
  const run = await view.readRun(name);
  if (run === null) throw unknownRun(name, dir);
  return run;
}

export function unknownRun(name: string, dir: string) {
  return badUsage({
    what: "The run",
    value: name,
    allowed: `the name of a run in ${dir}`,
    wayOut: `List them with: drover runs${stateOption(dir)}`,
  });
}

/** What has to be typed for the same folder: nothing for the default one. */
export function stateOption(dir: string): string {
  return dir === stateDirDefault ? "" : ` --state ${dir}`;
}
