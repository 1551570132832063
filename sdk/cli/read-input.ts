/** The input of a run as it is typed: `--input JSON`, `--input @file` or `--set key=value`. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { badUsage } from "./bad-usage.ts";

export interface InputOptions {
  readonly input?: string | undefined;
  readonly set?: readonly string[] | undefined;
}

/** The value; undefined where none is given. @throws InputError */
export function readInput({ input, set }: InputOptions): unknown {
  if (input !== undefined && set !== undefined && set.length > 0) {
    throw badUsage({
      what: "The input",
      value: `--input ${input} --set ${set[0]}`,
      allowed: "either --input or --set",
      wayOut: "Write all of it as --input JSON, or all of it as --set key=value.",
    });
  }
  if (input !== undefined) return input.startsWith("@") ? inputFile(input.slice(1)) : inputText(input);
  return set === undefined || set.length === 0 ? undefined : inputFromSettings(set);
}

function inputText(text: string): unknown {
  return parsed(
    text,
    "The input",
    `Quote it for your shell, as in --input '{"items": 1000}', or use --input @file.`,
  );
}

function inputFile(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(resolve(path), "utf8");
  } catch (cause) {
    throw badUsage({
      what: "The input file",
      value: resolve(path),
      allowed: "a file that can be read",
      wayOut: `Check the path: ${cause instanceof Error ? cause.message : cause}.`,
    });
  }
  return parsed(text, `The input file ${resolve(path)}`, "Correct the file.");
}

function parsed(text: string, what: string, wayOut: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (cause) {
    const complaint = cause instanceof Error ? cause.message.replace(/\.$/, "") : String(cause);
    throw badUsage({ what, value: text, allowed: `JSON (its parser says: ${complaint})`, wayOut });
  }
}

type Settings = Record<string, unknown>;

/**
 * An object of `key=value` texts. A value is taken as JSON where it is JSON, else as a string; a key with dots makes objects in objects.
 *
 * @example inputFromSettings(["items=1000", "model.name=fast"]) // { items: 1000, model: { name: "fast" } }
 */
export function inputFromSettings(settings: readonly string[]): Settings {
  const input: Settings = {};
  const made = new Set<object>([input]);
  for (const setting of settings) {
    const split = setting.indexOf("=");
    const keys = setting.slice(0, Math.max(0, split)).split(".");
    if (split < 1 || keys.some((key) => key === "" || key === "__proto__")) throw notSetting(setting);
    put(input, keys, jsonOrText(setting.slice(split + 1)), setting, made);
  }
  return input;
}

/** @param made The objects that dotted keys have made: only those may be added to. */
function put(
  input: Settings,
  keys: readonly string[],
  value: unknown,
  setting: string,
  made: Set<object>,
): void {
  let place = input;
  for (const key of keys.slice(0, -1)) {
    if (!Object.hasOwn(place, key)) {
      const inner: Settings = {};
      made.add(inner);
      place[key] = inner;
    }
    const next = place[key];
    if (typeof next !== "object" || next === null || !made.has(next)) throw settledTwice(setting);
    place = next as Settings;
  }
  const last = keys.at(-1) ?? "";
  if (Object.hasOwn(place, last)) throw settledTwice(setting);
  place[last] = value;
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function notSetting(setting: string) {
  return badUsage({
    what: "A --set",
    value: setting,
    allowed: "key=value, where the key is words joined by dots",
    wayOut: "Write --set items=1000, for example, or --set model.name=fast.",
  });
}

function settledTwice(setting: string) {
  return badUsage({
    what: "A --set",
    value: setting,
    allowed: "one value for each key",
    wayOut: "An earlier --set gives this key another value: leave one of the two out.",
  });
}
