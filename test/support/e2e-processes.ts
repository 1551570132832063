/** Processes of this machine as its kernel shows them. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

export interface SeenProcess {
  readonly pid: number;
  readonly parent: number;
  readonly argv: readonly string[];
  /** Id of the replica that it is, or null. */
  readonly replica: string | null;
}

/** Those whose working folder is this one, in the order of their numbers. Ones that end meanwhile are left out. */
export function processesIn(dir: string): readonly SeenProcess[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => processIn(dir, Number(name)) ?? [])
    .toSorted((a, b) => a.pid - b.pid);
}

function processIn(dir: string, pid: number): SeenProcess | null {
  try {
    if (readlinkSync(`/proc/${pid}/cwd`) !== dir) return null;
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    if (/^State:\s+[ZX]/m.test(status)) return null;
    const argv = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(0, -1);
    const isReplica = argv.some((argument) => /local-replica\.[jt]s$/.test(argument));
    const parent = Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]);
    return { pid, parent, argv, replica: isReplica ? replicaOf(pid) : null };
  } catch {
    return null;
  }
}

function replicaOf(pid: number): string | null {
  const variables = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
  const assignment = variables.find((one) => one.startsWith("DROVER_REPLICA="));
  if (assignment === undefined) return null;
  return (JSON.parse(assignment.slice(assignment.indexOf("=") + 1)) as { id: string }).id;
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** The most memory that the process has had in use so far; 0 for one that is gone. */
export function peakMemoryBytes(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}
