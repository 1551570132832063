/** The words for values that cannot travel: what was found, and the way out. */
import { isDate } from "./date.ts";

export interface Refusal {
  readonly found: string;
  readonly wayOut: string;
}

export const refusals = {
  tooDeep: (levels: number): Refusal => ({
    found: `nested more than ${levels.toLocaleString("en-US")} levels deep`,
    wayOut: "Flatten it, for example into a list in which entries refer to each other by id.",
  }),
  tooLarge: (bytesMax: number): Refusal => ({
    found: `larger than ${bytesMax.toLocaleString("en-US")} bytes when encoded, counting what is shared as often as it is used`,
    wayOut: "Pass a File, or split it.",
  }),
  cycle: (path: string): Refusal => ({
    found: `the same object as ${path}, a cycle`,
    wayOut: "Values travel as trees: refer back by an id instead.",
  }),
  symbolKey: (key: symbol): Refusal => ({
    found: `an object with the symbol ${String(key)} as a key`,
    wayOut: "Use a string as the key, or leave the property out.",
  }),
  holes: (holesMax: number): Refusal => ({
    found: `an array with more than ${holesMax.toLocaleString("en-US")} holes`,
    wayOut: "Use a Map, or an object with the indexes as keys.",
  }),
  unreadable: (cause: unknown): Refusal => ({
    found: `something that cannot be read (${cause instanceof Error ? cause.message : "it threw"})`,
    wayOut: "Copy what is needed of it into a plain object first.",
  }),
};

/** Why this value itself, whatever it holds, cannot travel. */
export function refusalOf(value: unknown): Refusal {
  if (typeof value === "symbol")
    return { found: `the symbol ${String(value)}`, wayOut: "Use a string instead." };
  if (typeof value === "function") {
    const wayOut = "Pass what it needs as plain values, and call it where they arrive.";
    return { found: value.name === "" ? "a function" : `the function ${value.name}`, wayOut };
  }
  const name = className(value as object);
  if (name === null) {
    return {
      found: "an object with a prototype of its own",
      wayOut: "Turn it into a plain object, such as { ...value }.",
    };
  }
  const article = /^(?:[AEIO]|Un)/.test(name) ? "an" : "a";
  for (const [isSuch, wayOut] of advice) {
    if (isSuch(value as object)) return { found: `${article} ${name}`, wayOut };
  }
  return {
    found: `an instance of class ${name}`,
    wayOut: "Turn it into a plain object, such as { ...value } or value.toJSON(), and back where it arrives.",
  };
}

function className(value: object): string | null {
  const made = value.constructor;
  return typeof made === "function" && made.name !== "" && made !== Object ? made.name : null;
}

const derived = (base: string) => `Pass a plain ${base} of it, and make it again where it arrives.`;

const advice: readonly (readonly [(value: object) => boolean, string])[] = [
  [(value) => "then" in value && typeof value.then === "function", "Await it first, and pass the result."],
  [(value) => value instanceof WeakMap || value instanceof WeakSet, "Pass a Map or Set of what is needed."],
  [(value) => value instanceof WeakRef, "Pass what it refers to."],
  [(value) => value instanceof Map, derived("Map, new Map(value),")],
  [(value) => value instanceof Set, derived("Set, new Set(value),")],
  [(value) => isDate(value), derived("Date, new Date(value),")],
  [(value) => value instanceof RegExp, derived("RegExp, new RegExp(value),")],
  [(value) => value instanceof SharedArrayBuffer, "Pass a copy of its bytes, new Uint8Array(value).slice()."],
  [(value) => value instanceof URL || value instanceof URLSearchParams, "Pass its text, String(value)."],
  [(value) => value instanceof Blob, "Pass its bytes, await value.arrayBuffer(), or a File of Drover."],
  [(value) => Symbol.iterator in value, "Pass its elements as an array, [...value]."],
  [
    (value) => Symbol.asyncIterator in value,
    "Collect its elements into an array first, await Array.fromAsync(value).",
  ],
];
