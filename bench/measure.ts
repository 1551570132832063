/** The program of a measuring process: one workload, once, in a process that has done nothing else. See main.ts. */
import { once } from "node:events";
import { openLocal } from "drover/local";
import { openBaseline } from "./baseline-file.ts";
import type { Assignment, Report } from "./measurement.ts";
import { replicasOf } from "./process-tree.ts";
import type { Workload } from "./workload.ts";
import { workloads } from "./workloads/index.ts";

const assignment = JSON.parse(process.argv[2] ?? "") as Assignment;
const workload = workloads.find(({ name }) => name === assignment.workload);
if (workload === undefined) throw new Error(`There is no workload ${assignment.workload}.`);

if (assignment.contender === "drover") await measureOurs(workload, assignment);
else await measureBaseline(workload, assignment);
process.disconnect();

async function measureOurs(workload: Workload, { dir, durability, killAfterMs }: Assignment): Promise<void> {
  const startedMs = performance.now();
  const backend = await openLocal({ dir, durability });
  const warmUp = await workload.start(backend, "tiny");
  const coldFault = workload.fault(await warmUp.result(), "tiny");
  const coldMs = performance.now() - startedMs;
  const warmFault = workload.fault(await (await workload.start(backend, "part")).result(), "part");
  await measure(coldMs, async () => {
    const handle = await workload.start(backend, "whole");
    const kill = killLater(workload, killAfterMs);
    const output = await handle.result();
    return () => coldFault ?? warmFault ?? kill() ?? workload.fault(output, "whole");
  });
  await backend.close();
}

async function measureBaseline(
  workload: Workload,
  { contender, dir, durability }: Assignment,
): Promise<void> {
  const file = contender === "sqlite" ? openBaseline(dir, durability) : null;
  const checkpoint = file?.checkpoint ?? (() => {});
  await workload.plain((key, value) => checkpoint(`warm-up/${key}`, value), "part");
  await measure(null, async () => {
    const output = await workload.plain(checkpoint, "whole");
    return () => workload.fault(output, "whole");
  });
  file?.close();
}

/** `run` answers how to check what came out, which is not part of the time. */
async function measure(coldMs: number | null, run: () => Promise<() => string | null>): Promise<void> {
  await tell({ kind: "warm" });
  const cpuBefore = process.cpuUsage();
  const startedMs = performance.now();
  const check = await run();
  const wallMs = performance.now() - startedMs;
  const cpu = process.cpuUsage(cpuBefore);
  await tell({
    kind: "done",
    wallMs,
    coldMs,
    fault: check(),
    ownCpuMs: (cpu.user + cpu.system) / 1_000,
    ownResidentBytes: process.resourceUsage().maxRSS * 1024,
  });
}

async function tell(report: Report): Promise<void> {
  const answered = once(process, "message");
  process.send?.(report);
  await answered;
}

/** Kills all replicas of the environment after a while. What it answers tells if there was anything to kill. */
function killLater({ killed }: Workload, afterMs: number): () => string | null {
  if (killed === null) return () => null;
  let count = 0;
  const timer = setTimeout(() => {
    for (const pid of replicasOf(killed)) {
      process.kill(pid, "SIGKILL");
      count += 1;
    }
  }, afterMs);
  return () => {
    clearTimeout(timer);
    return count > 1 ? null : `${count} replicas were killed; it is about killing at least two`;
  };
}
