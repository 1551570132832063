/**
 * `npm run simulate -- --seeds 10000 --from 1`: runs seeds, prints those that violate a promise, and exits with 1 if any does.
 * `--seed 7 --verbose` replays one with its whole log; `--without epoch-check` removes a safeguard first, and must fail.
 */
import { parseArgs } from "node:util";
import { removeSafeguard } from "./sabotage.ts";
import type { SimulationReport } from "./simulate.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "1000" },
    from: { type: "string", default: "1" },
    seed: { type: "string" },
    failures: { type: "string", default: "5" },
    verbose: { type: "boolean", default: false },
    without: { type: "string" },
  },
});

// Before the engine is loaded: a module that is loaded keeps its safeguards.
if (values.without !== undefined) removeSafeguard(values.without);
const { simulate } = await import("./simulate.ts");

const from = Number(values.seed ?? values.from);
const count = values.seed === undefined ? Number(values.seeds) : 1;
const failuresMax = Number(values.failures);
const unhandled: string[] = [];
process.on("unhandledRejection", (reason) => {
  unhandled.push(
    `A rejection that nobody handles: ${reason instanceof Error ? reason.stack : String(reason)}`,
  );
});

const startedMs = performance.now();
const failed: SimulationReport[] = [];
let events = 0;
let done = 0;
for (let seed = from; seed < from + count && failed.length < failuresMax; seed += 1) {
  const report = await simulate(seed, { isVerbose: values.verbose });
  const violations = [...report.violations, ...unhandled.splice(0)];
  events += report.events;
  done += 1;
  if (violations.length > 0) {
    failed.push({ ...report, violations });
    printFailure({ ...report, violations });
  }
}
const seconds = (performance.now() - startedMs) / 1_000;
process.stdout.write(
  `${done} seeds from ${from}: ${failed.length} failed; ${events} events, ${(done / seconds).toFixed(0)} seeds/s.\n`,
);
if (failed.length > 0) process.stdout.write(`Failed seeds: ${failed.map((one) => one.seed).join(" ")}\n`);
process.exitCode = failed.length > 0 ? 1 : 0;

function printFailure(report: SimulationReport): void {
  process.stdout.write(`Seed ${report.seed} (${report.events} events, ${report.virtualMs} ms) violates:\n`);
  for (const violation of report.violations) process.stdout.write(`  ${violation}\n`);
  for (const line of report.tail) process.stdout.write(`    ${line}\n`);
  process.stdout.write(`  Replay: npm run simulate -- --seed ${report.seed} --verbose\n`);
}
