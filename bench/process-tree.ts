/** What processes are under a process, and what they use, read from /proc. Elsewhere than on Linux nothing is known. */
import { readdirSync, readFileSync } from "node:fs";

/** True where this file can tell anything. */
export const hasProc = process.platform === "linux";

/** The process and all its descendants. */
export function processTree(root: number): readonly number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    const stat = Number.isInteger(pid) ? statOf(pid) : null;
    if (stat === null) continue;
    const siblings = children.get(stat.parent);
    if (siblings === undefined) children.set(stat.parent, [pid]);
    else siblings.push(pid);
  }
  const tree = [root];
  for (const pid of tree) tree.push(...(children.get(pid) ?? []));
  return tree;
}

/**
 * CPU time of the process and all its descendants so far, in milliseconds. Those that have ended count, once their parents
 * have taken notice: the kernel adds their time to the parent's.
 */
export function treeCpuMs(root: number): number {
  let ms = 0;
  for (const pid of processTree(root)) ms += statOf(pid)?.cpuMs ?? 0;
  return ms;
}

/** Resident memory of a process in bytes, shared pages included; 0 if it is gone. */
export function residentBytes(pid: number): number {
  return kilobytesIn(`/proc/${pid}/status`, /^VmRSS:\s+(\d+)/m);
}

/** Memory of a process in bytes where a page shared by n processes counts 1/n; 0 if it is gone. Takes a millisecond or so. */
export function proportionalBytes(pid: number): number {
  return kilobytesIn(`/proc/${pid}/smaps_rollup`, /^Pss:\s+(\d+)/m);
}

/** Children of this process that are replicas of the environment. */
export function replicasOf(environment: string): readonly number[] {
  const sign = `"environment":${JSON.stringify(environment)}`;
  return processTree(process.pid).filter(
    (pid) => pid !== process.pid && (textOf(`/proc/${pid}/environ`) ?? "").includes(sign),
  );
}

/** The kernel counts in hundredths of a second on every platform that Node runs on. */
const tickMs = 10;

function statOf(pid: number): { parent: number; cpuMs: number } | null {
  const text = textOf(`/proc/${pid}/stat`);
  if (text === null) return null;
  // The second field is the command in parentheses, which may hold anything; the rest are numbers after a state letter.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [parent, ...times] = [1, 11, 12, 13, 14].map((index) => Number(fields[index]));
  return { parent: parent ?? 0, cpuMs: times.reduce((sum, ticks) => sum + ticks, 0) * tickMs };
}

function kilobytesIn(path: string, pattern: RegExp): number {
  const [, kilobytes = "0"] = textOf(path)?.match(pattern) ?? [];
  return Number(kilobytes) * 1024;
}

/** Null if the process ended before it could be read. */
function textOf(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
