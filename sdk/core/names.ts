/**
 * Which names environments, tasks and runs may have, and the nearest known name for one that is not known. Names
 * travel into queue names, object keys and file names, so each alphabet is the narrowest of those.
 */
import { PolicyError } from "./errors.ts";

/** No name is longer than this. */
export const nameLengthMax = 63;

interface NameRule {
  readonly pattern: RegExp;
  readonly alphabet: string;
}

const environmentRule: NameRule = {
  pattern: /^[a-z0-9]+([_-][a-z0-9]+)*$/,
  alphabet: "lower-case letters and digits, in words joined by a single - or _",
};

const taskRule: NameRule = {
  pattern: /^[A-Za-z_][A-Za-z0-9_-]*$/,
  alphabet: "letters, digits, _ and -, the first a letter or _",
};

const runRule: NameRule = {
  pattern: /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/,
  alphabet: "lower-case letters, digits and -, the first and last no -",
};

/** The name, if an environment may have it. @throws PolicyError */
export function checkEnvironmentName(name: string): string {
  return checkName(name, "Name of an environment", environmentRule, suggestLowerCase(name));
}

/** The short name (without its environment), if a task may have it. @throws PolicyError */
export function checkTaskName(name: string): string {
  const wayOut =
    name === ""
      ? "A function without a name was given. Declare it with one, as in `async function score(…) {…}`."
      : "Rename the function.";
  return checkName(name, "Name of a task", taskRule, wayOut);
}

/** The name, if a run may have it. @throws PolicyError */
export function checkRunName(name: string): string {
  return checkName(name, "Name of a run", runRule, suggestLowerCase(name));
}

function checkName(name: unknown, what: string, rule: NameRule, wayOut: string): string {
  if (typeof name === "string" && name.length <= nameLengthMax && rule.pattern.test(name)) return name;
  throw new PolicyError({
    what,
    value: name,
    allowed: `1 to ${nameLengthMax} characters: ${rule.alphabet}`,
    wayOut,
  });
}

/** Advice with the nearest name that environments and runs both may have: `MyJob 2` becomes `my-job-2`. */
function suggestLowerCase(name: unknown): string {
  if (typeof name !== "string") return 'Pass a string, such as "nightly-scores".';
  const words = name
    .slice(0, 4 * nameLengthMax)
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .toLowerCase()
    .match(/[a-z0-9]+/g);
  const suggestion = (words ?? []).join("-").slice(0, nameLengthMax).replace(/-$/, "");
  return suggestion === "" ? 'Take a name such as "nightly-scores".' : `Take "${suggestion}", for example.`;
}

/**
 * The known name that a mistyped one most likely means, or null when none is near: at most a third of the characters
 * may differ. Case counts for less than any other difference. Of equally near names the first is taken.
 *
 * @example closestName("idle_ttl", ["replicas", "idleTtl"]) // "idleTtl"
 */
export function closestName(name: string, known: readonly string[]): string | null {
  const asked = name.slice(0, comparedLengthMax);
  let closest: string | null = null;
  let closestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    const compared = candidate.slice(0, comparedLengthMax);
    const distance = editDistance(asked.toLowerCase(), compared.toLowerCase());
    const length = Math.max(asked.length, compared.length);
    // Of a one-letter name nothing is left when one letter differs, so that is not near.
    if (distance > Math.max(1, Math.floor(length / 3)) || (distance > 0 && distance === length)) continue;
    const withCase = distance + editDistance(asked, compared) / (2 * comparedLengthMax);
    if (withCase < closestDistance) [closest, closestDistance] = [candidate, withCase];
  }
  return closest;
}

/** Bounds the work of one comparison; longer names are compared by their beginnings. */
const comparedLengthMax = 128;

/** Fewest insertions, deletions, replacements and swaps of neighbours that turn one string into the other. */
function editDistance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1];
      const swapped =
        row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      current[column] = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (same ? 0 : 1),
        swapped ? at(beforeLast, column - 2) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    [beforeLast, last] = [last, current];
  }
  return at(last, to.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
