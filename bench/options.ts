/** The command line of the benchmark. */
import { parseArgs } from "node:util";
import type { Durability } from "drover/local";

export interface Options {
  readonly names: readonly string[];
  readonly durabilities: readonly Durability[];
  readonly rounds: number;
  readonly json: boolean;
}

export const usage = `npm run bench -- [NAME…] [--durability process|power|both] [--repeat N] [--json]

  NAME          workloads to measure, by their letters (default: all)
  --durability  what finished work survives: the death of processes, or that of the machine (default: process)
  --repeat      rounds of raw, SQLite and Drover each, of which medians are shown (default: 3)
  --json        one JSON document on stdout`;

const roundsMax = 100;

/** @throws a TypeError that says what is wrong with the command line. */
export function readOptions(args: readonly string[], known: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      durability: { type: "string", default: "process" },
      repeat: { type: "string", default: "3" },
      json: { type: "boolean", default: false },
    },
  });
  const unknown = positionals.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new TypeError(`There is no workload "${unknown}"; there are ${known.join(", ")}.`);
  const rounds = Number(values.repeat);
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > roundsMax) {
    throw new TypeError(`--repeat is ${values.repeat}; give a whole number from 1 to ${roundsMax}.`);
  }
  return {
    names: positionals.length > 0 ? positionals : known,
    durabilities: durabilitiesOf(values.durability),
    rounds,
    json: values.json,
  };
}

function durabilitiesOf(text: string): readonly Durability[] {
  if (text === "both") return ["process", "power"];
  if (text === "process" || text === "power") return [text];
  throw new TypeError(`--durability is ${text}; give process, power or both.`);
}
