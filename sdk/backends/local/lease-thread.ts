/**
 * The worker thread that speaks for a replica while its main thread computes. Every `beatMs` it writes an empty line to
 * the heartbeat pipe; when a delivery hangs it writes `hung <receipt>` and kills the process. When nobody reads the pipe any
 * more the host is gone: the main thread then has `orphanMs` to end the process by itself.
 */
import { writeSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { LeaseBlock } from "./lease-table.ts";
import { LeaseWatch } from "./lease-watch.ts";

/** What the main thread tells its lease thread at the start. */
export interface LeaseThreadOptions {
  /** File descriptor of the heartbeat pipe. */
  readonly fd: number;
  readonly beatMs: number;
  /** How often held deliveries are looked at. */
  readonly lookMs: number;
  readonly graceMs: number;
  readonly orphanMs: number;
  readonly memory: SharedArrayBuffer;
}

const { fd, beatMs, lookMs, graceMs, orphanMs, memory } = workerData as LeaseThreadOptions;
const watch = new LeaseWatch(graceMs);
const blocks = [new LeaseBlock(memory)];

parentPort?.on("message", (more: SharedArrayBuffer) => blocks.push(new LeaseBlock(more)));
const beats = setInterval(beat, beatMs);
setInterval(look, lookMs);
beat();

function beat(): void {
  if (write("\n")) return;
  clearInterval(beats);
  setTimeout(killProcess, orphanMs);
}

function look(): void {
  const receipt = watch.look(blocks, Date.now(), performance.now());
  if (receipt === null) return;
  write(`hung ${receipt}\n`);
  killProcess();
}

/** False when nobody will read it. */
function write(line: string): boolean {
  try {
    writeSync(fd, line);
    return true;
  } catch (error) {
    // A full pipe means a host that is slow, not one that is gone.
    return (error as NodeJS.ErrnoException).code === "EAGAIN";
  }
}

function killProcess(): void {
  process.kill(process.pid, "SIGKILL");
}
