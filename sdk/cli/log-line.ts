/** Lines of tasks as they are shown. */
import { inspect } from "node:util";
import type { LocalLogLine } from "../local.ts";
import { type Style, styled } from "./terminal.ts";

/** As many characters of an action's id as people are shown. */
const shortIdLength = 8;

/** @example shortId("1f2e3d4c5b6a") // "1f2e3d4c" */
export function shortId(localId: string): string {
  return localId.slice(0, shortIdLength);
}

/** The task's name without its environment. */
export function shortTask(task: string): string {
  return task.slice(task.lastIndexOf(".") + 1);
}

const levelStyles: Readonly<Record<LocalLogLine["level"], Style>> = {
  error: "red",
  warn: "yellow",
  debug: "dim",
  stderr: "dim",
  stdout: [],
  info: [],
};

/**
 * The line with who wrote it in front: nothing for the root action, `task/id` for another one, the replica for what belongs to none.
 *
 * @param task Full name of the action's task; null if it is not known.
 */
export function logText(line: LocalLogLine, task: string | null, stream: NodeJS.WriteStream): string {
  const prefix = prefixOf(line, task);
  const fields = line.fields === null ? "" : ` ${styled("dim", fieldsText(line.fields), stream)}`;
  const level = line.level === "warn" || line.level === "error" ? `${line.level}: ` : "";
  const text = `${styled(levelStyles[line.level], `${level}${line.text}`, stream)}${fields}`;
  return prefix === "" ? text : withPrefix(styled("cyan", `${prefix} │`, stream), text);
}

function prefixOf({ action, replica }: LocalLogLine, task: string | null): string {
  if (action === "a0") return "";
  if (action === null) return replica;
  return task === null ? shortId(action) : `${shortTask(task)}/${shortId(action)}`;
}

/** Before each line of a text that has several, so that it can be told whose they are. */
function withPrefix(prefix: string, text: string): string {
  return text
    .split("\n")
    .map((one) => `${prefix} ${one}`)
    .join("\n");
}

function fieldsText(fields: Readonly<Record<string, unknown>>): string {
  return inspect(fields, { breakLength: Number.POSITIVE_INFINITY, depth: 4 });
}
