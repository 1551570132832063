/** Watches what a process and all its descendants use, from outside, while something runs in them. */
import { hasProc, processTree, proportionalBytes, residentBytes, treeCpuMs } from "./process-tree.ts";

export interface Usage {
  readonly cpuMs: number;
  /** Peaks of the sums over all processes. */
  readonly residentBytes: number;
  /** As resident, but a page that n processes share counts 1/n in each. */
  readonly proportionalBytes: number;
}

const sampleMs = 50;
/** Proportional memory and new processes are looked for in every fourth sample only: those looks are not free. */
const samplesPerLook = 4;

/** Starts watching. The function it answers stops, and tells what was used; null where there is no /proc. */
export function watchTree(root: number): () => Usage | null {
  if (!hasProc) return () => null;
  const cpuMsBefore = treeCpuMs(root);
  const peaks = { residentBytes: 0, proportionalBytes: 0 };
  let pids = processTree(root);
  let samples = 0;
  const look = (): void => {
    if (samples++ % samplesPerLook === 0) {
      pids = processTree(root);
      peaks.proportionalBytes = Math.max(peaks.proportionalBytes, sumOver(pids, proportionalBytes));
    }
    peaks.residentBytes = Math.max(peaks.residentBytes, sumOver(pids, residentBytes));
  };
  look();
  const timer = setInterval(look, sampleMs);
  return () => {
    clearInterval(timer);
    const cpuMs = treeCpuMs(root) - cpuMsBefore;
    samples = 0;
    look();
    return { cpuMs, ...peaks };
  };
}

function sumOver(pids: readonly number[], measure: (pid: number) => number): number {
  return pids.reduce((sum, pid) => sum + measure(pid), 0);
}
