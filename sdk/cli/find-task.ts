/** FILE:TASK, as it is typed, and the task that is meant. */
import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { closestName, definedTasks, definitionOf, loadCode, type TaskDefinition } from "../host.ts";
import { UnknownTaskError } from "../index.ts";
import { badUsage } from "./bad-usage.ts";
import { shortTask } from "./log-line.ts";

export interface Target {
  /** Absolute path. */
  readonly file: string;
  /** Empty where only a file was named. */
  readonly task: string;
}

/** @throws InputError for what names no file that exists. */
export function readTarget(text: string): Target {
  const whole = resolve(text);
  if (isFile(whole)) return { file: whole, task: "" };
  const colon = text.lastIndexOf(":");
  const file = resolve(colon === -1 ? text : text.slice(0, colon));
  if (isFile(file)) return { file, task: text.slice(colon + 1) };
  throw badUsage({
    what: "The file",
    value: file,
    allowed: existsSync(file) ? "a module, which this is not" : "a file that exists, which this does not",
    wayOut: "Name it as FILE:TASK, from the current folder: drover run src/jobs.ts:score, for example.",
  });
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/**
 * Loads the file and finds the task: by the name it is exported under, by its short name, or by its full name.
 *
 * @throws UserCodeError with what the file throws; UnknownTaskError; InputError where several tasks are meant.
 */
export async function loadTask({ file, task }: Target): Promise<TaskDefinition> {
  const exported = await exportedTasks(pathToFileURL(file).href, file);
  const defined = definedTasks();
  const exact = exported.get(task) ?? defined.get(task);
  if (exact !== undefined) return exact;
  const [meant, another, ...others] = [...defined.values()].filter(({ name }) => shortTask(name) === task);
  if (meant === undefined) throw task === "" ? noTask(file) : unknownTask(file, task, [...exported.keys()]);
  if (another === undefined) return meant;
  throw ambiguous(
    file,
    task,
    [meant, another, ...others].map(({ name }) => name),
  );
}

/** What the user's file threw when it was loaded. */
export class UserCodeError extends Error {
  readonly file: string;

  constructor(file: string, cause: unknown) {
    super(`${file} could not be loaded.`, { cause });
    this.name = "UserCodeError";
    this.file = file;
  }
}

/** Tasks by the names they are exported under, with the options that the exported ones have. */
async function exportedTasks(url: string, file: string): Promise<ReadonlyMap<string, TaskDefinition>> {
  let exports: object;
  try {
    await loadCode(url);
    exports = await exportsOf(url);
  } catch (cause) {
    throw new UserCodeError(file, cause);
  }
  const tasks = Object.entries(exports).flatMap(([name, value]) => {
    const task = definitionOf(value);
    return task === null ? [] : [[name, task] as const];
  });
  return new Map(tasks);
}

const exportsMsMax = 200;

/** What the loaded module exports: nothing where it is a program too, for that has stopped where it would start a run. */
async function exportsOf(url: string): Promise<object> {
  let timer: NodeJS.Timeout | undefined;
  const nothing = new Promise<object>((resolve) => {
    timer = setTimeout(() => resolve({}), exportsMsMax);
  });
  try {
    return await Promise.race([import(url) as Promise<object>, nothing]);
  } finally {
    clearTimeout(timer);
  }
}

function noTask(file: string) {
  const names = [...definedTasks().keys()].map(shortTask);
  if (names.length === 0) {
    return badUsage({
      what: "The file",
      value: file,
      allowed: "a module that defines tasks, and this one defines none",
      wayOut: "Define one with environment.task(async function …).",
    });
  }
  return badUsage({
    what: "The task",
    value: "",
    allowed: `one of ${names.join(", ")}`,
    wayOut: `Add it after a colon: ${file}:${names[0]}.`,
  });
}

function ambiguous(file: string, task: string, names: readonly string[]) {
  return badUsage({
    what: "The task",
    value: task,
    allowed: `a name that means one task, and this means ${names.join(" or ")}`,
    wayOut: `Write the full name, as in ${file}:${names[0]}.`,
  });
}

function unknownTask(file: string, task: string, exported: readonly string[]): Error {
  const full = [...definedTasks().keys()];
  if (full.length === 0) return noTask(file);
  const known = task.includes(".") ? full : [...new Set([...exported, ...full.map(shortTask)])];
  return new UnknownTaskError({ task, known, suggestion: closestName(task, known) });
}
