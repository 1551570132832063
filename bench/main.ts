/**
 * `npm run bench`: what runs cost on this machine, beside plain Node and plain Node with SQLite in the same minute.
 * Exits with 1 only if a result was wrong: times depend on what else the machine does.
 */
import { cpus, totalmem } from "node:os";
import type { Durability } from "drover/local";
import { type Figure, figureOf, type Round } from "./figure.ts";
import type { Contender } from "./measurement.ts";
import { readOptions, usage } from "./options.ts";
import { tableOf } from "./table.ts";
import { type Sample, takeSample } from "./take-sample.ts";
import { verdictsOn } from "./targets.ts";
import type { Workload } from "./workload.ts";
import { workloads } from "./workloads/index.ts";

const options = optionsOrExit();
const chosen = workloads.filter(({ name }) => options.names.includes(name));
const figures: Figure[] = [];
for (const durability of options.durabilities) figures.push(...(await figuresAt(durability)));

if (options.json) console.log(JSON.stringify(documentOf(figures), null, 2));
else for (const line of tableOf(figures)) console.log(line);
process.exitCode = figures.some(({ faults }) => faults.length > 0) ? 1 : 0;

function optionsOrExit() {
  try {
    return readOptions(
      process.argv.slice(2),
      workloads.map(({ name }) => name),
    );
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    process.exit(2);
  }
}

async function figuresAt(durability: Durability): Promise<readonly Figure[]> {
  const rounds = new Map<Workload, Round[]>(chosen.map((workload) => [workload, []]));
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const [workload, taken] of rounds) {
      console.error(
        `(${workload.name}) ${workload.title}; ${durability}, round ${round} of ${options.rounds}`,
      );
      taken.push(await takeRound(workload, durability));
    }
  }
  return [...rounds].map(([workload, taken]) => figureOf(workload, durability, taken));
}

async function takeRound(workload: Workload, durability: Durability): Promise<Round> {
  const take = (contender: Contender, name = workload.name, killAfterMs = 0): Promise<Sample> =>
    takeSample({ workload: name, contender, durability, killAfterMs });
  const raw = await take("raw");
  const sqlite = await take("sqlite");
  if (workload.killed === null) {
    return { samples: { raw, sqlite, drover: await take("drover") }, undisturbedMs: null };
  }
  const { wallMs } = await take("drover", "a");
  return {
    samples: { raw, sqlite, drover: await take("drover", workload.name, wallMs / 2) },
    undisturbedMs: wallMs,
  };
}

function documentOf(all: readonly Figure[]) {
  return {
    machine: {
      cpus: cpus().length,
      memoryBytes: totalmem(),
      platform: process.platform,
      node: process.version,
    },
    rounds: options.rounds,
    figures: all.map((figure) => ({ ...figure, verdicts: verdictsOn(figure) })),
  };
}
