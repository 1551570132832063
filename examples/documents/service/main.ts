/**
 * The document service as a process of its own. Prints one line, `{"url":…,"pid":…}`, when it is ready.
 *
 *   node examples/documents/service/main.ts --port 0 --seed 1 --stats counts.json
 */
import { parseArgs } from "node:util";
import { writeWholeFile } from "../write-whole-file.ts";
import type { ServiceOptions } from "./options.ts";
import { startService } from "./server.ts";

const flags = {
  port: { type: "string" },
  seed: { type: "string" },
  "latency-ms": { type: "string" },
  "work-ms": { type: "string" },
  rate: { type: "string" },
  burst: { type: "string" },
  "error-rate": { type: "string" },
  "lost-answer-rate": { type: "string" },
  "item-failure-rate": { type: "string" },
  stats: { type: "string" },
  "idle-minutes": { type: "string" },
  address: { type: "string" },
} as const;

const usage = `node main.ts [--port 0] [--seed 1] [--latency-ms 5-40] [--work-ms 300-1500] [--rate 25] [--burst 12]
  [--error-rate 0.03] [--lost-answer-rate 0.01] [--item-failure-rate 0.02]
  [--stats FILE] [--idle-minutes N] [--address FILE]`;

type Flags = { readonly [name in keyof typeof flags]?: string };

try {
  const { values } = parseArgs({ options: flags });
  const service = await startService(optionsIn(values));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void service.close());
  const ready = `${JSON.stringify({ url: service.url, pid: process.pid })}\n`;
  if (values.address !== undefined) writeWholeFile(values.address, ready);
  process.stdout.write(ready);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n${usage}\n`);
  process.exitCode = 2;
}

function optionsIn(values: Flags): Partial<ServiceOptions> {
  const given = {
    port: number(values.port),
    seed: number(values.seed),
    latencyMs: range(values["latency-ms"]),
    workMs: range(values["work-ms"]),
    ratePerSecond: number(values.rate),
    burst: number(values.burst),
    errorRate: number(values["error-rate"]),
    lostAnswerRate: number(values["lost-answer-rate"]),
    itemFailureRate: number(values["item-failure-rate"]),
    statsFile: values.stats,
    idleMsMax: minutes(values["idle-minutes"]),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** What is no number becomes NaN, which the service's own checks refuse by name. */
function number(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text.trim() || Number.NaN);
}

function minutes(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Math.round(Number(text) * 60_000);
}

/** `"5-40"` is from 5 to 40, `"5"` always 5. */
function range(text: string | undefined): readonly [number, number] | undefined {
  if (text === undefined) return undefined;
  const [min = "", max = min] = text.split("-");
  return [Number(min.trim() || Number.NaN), Number(max.trim() || Number.NaN)];
}
