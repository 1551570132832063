/** Makes one measurement in a process of its own, and watches that process and its descendants meanwhile. */
import { fork } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Assignment, Report } from "./measurement.ts";
import { watchTree } from "./sampler.ts";

export interface Sample {
  readonly wallMs: number;
  readonly coldMs: number | null;
  readonly cpuMs: number;
  readonly residentBytes: number;
  readonly proportionalBytes: number | null;
  /** False where only the measuring process itself could be seen. */
  readonly isWholeTree: boolean;
  readonly fault: string | null;
}

/** State is kept on the disk of the checkout: a folder for temporary files may be memory, where a flush costs nothing. */
const stateDir = resolve(import.meta.dirname, "../.drover");
const measureMsMax = 300_000;
const program = new URL("./measure.ts", import.meta.url);

/** @throws when the measuring process fails, or takes more than five minutes. */
export async function takeSample(assignment: Omit<Assignment, "dir">): Promise<Sample> {
  mkdirSync(stateDir, { recursive: true });
  const dir = mkdtempSync(join(stateDir, "bench-"));
  try {
    return await measured({ ...assignment, dir });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function measured(assignment: Assignment): Promise<Sample> {
  const { promise, resolve, reject } = Promise.withResolvers<Sample>();
  // What it prints goes to stderr: stdout is for the table or the document.
  const child = fork(program, [JSON.stringify(assignment)], { stdio: ["ignore", 2, 2, "ipc"] });
  const what = `${assignment.contender} in (${assignment.workload})`;
  const deadline = setTimeout(() => child.kill("SIGKILL"), measureMsMax);
  let stopWatching: ReturnType<typeof watchTree> = () => null;
  let sample: Sample | null = null;
  child.on("message", (report: Report) => {
    if (report.kind === "warm") stopWatching = watchTree(child.pid as number);
    else sample = sampleOf(report, stopWatching());
    child.send("go on");
  });
  child.on("error", reject);
  child.on("exit", (code, signal) => {
    clearTimeout(deadline);
    stopWatching();
    if (sample !== null && code === 0) resolve(sample);
    else reject(new Error(`The measurement of ${what} ended with ${signal ?? code}.`));
  });
  return promise;
}

function sampleOf(
  report: Report & { kind: "done" },
  usage: ReturnType<ReturnType<typeof watchTree>>,
): Sample {
  const { wallMs, coldMs, fault, ownCpuMs, ownResidentBytes } = report;
  const own = { cpuMs: ownCpuMs, residentBytes: ownResidentBytes, proportionalBytes: null };
  return { wallMs, coldMs, fault, ...(usage ?? own), isWholeTree: usage !== null };
}
