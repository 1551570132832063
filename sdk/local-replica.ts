/** The program of a replica on this machine: started by a host, serves one environment until it is told to end. */
import { format } from "node:util";
import { loadCode } from "./authoring/load-code.ts";
import { type LogLevel, type LogLine, logLine, setLogSink } from "./authoring/logger.ts";
import { findTask } from "./authoring/registry.ts";
import { runTask } from "./authoring/task.ts";
import { realEntropy } from "./backends/local/entropy.ts";
import type { ReplicaEvent } from "./backends/local/ipc/messages.ts";
import { realClock } from "./backends/local/real-clock.ts";
import { connectReplica } from "./backends/local/replica-process-child.ts";
import type { ActionSpec } from "./core/records.ts";
import { currentContext } from "./engine/context.ts";
import type { TaskBody } from "./engine/execute.ts";
import { Worker } from "./engine/worker.ts";
import type { World } from "./ports.ts";

/** What a host tells a replica to do. */
export interface ReplicaWork {
  readonly environment: string;
  readonly concurrency: number;
  readonly isOneShot: boolean;
  /** How long what it executes may go on when it is told to end. */
  readonly drainMs: number;
}

const host = await connectReplica();
// A host that is gone has nobody to report to: what was not recorded is done again under the next one.
void host.closed.then(() => process.exit(1));
host.leasesFailed.catch(() => process.exit(1));

const work = host.work as ReplicaWork;
const world: World = {
  store: host.store,
  blobs: host.blobs,
  queue: host.queue,
  clock: realClock,
  entropy: realEntropy,
};

setLogSink((line) => host.emit(eventOf(line)));
captureConsole();
// A promise that user code has forgotten must not take down the other actions of this replica.
process.on("unhandledRejection", (reason) => console.error("Unhandled rejection:", reason));

const codeOfRun = new Map<string, Promise<string>>();

const worker = new Worker(world, {
  environment: work.environment,
  concurrency: work.concurrency,
  isOneShot: work.isOneShot,
  leases: host.leases,
  resolveTask,
});
process.on("SIGTERM", () => void worker.drain(work.drainMs));
host.ready();
await worker.run();
await host.close();
process.exit(0);

async function resolveTask(name: string, spec: ActionSpec): Promise<TaskBody> {
  await loadCode(await codeOf(spec.run));
  const definition = findTask(name);
  return (input) => runTask(definition, input);
}

/** Where the code of a run is. */
function codeOf(run: string): Promise<string> {
  const known = codeOfRun.get(run);
  if (known !== undefined) return known;
  const read = world.store.readRun(run).then((record) => {
    if (record === null) throw new Error(`Run "${run}" is not known to its host.`);
    return record.code;
  });
  codeOfRun.set(run, read);
  read.catch(() => codeOfRun.delete(run));
  return read;
}

function eventOf(line: LogLine): ReplicaEvent {
  const { action, level, text, timeMs } = line;
  const fields =
    line.fields === null ? null : (JSON.parse(JSON.stringify(line.fields)) as Record<string, string>);
  return { kind: "log", replica: host.id, action, level, text, timeMs, fields };
}

/** What code of an action prints belongs to the action; what a replay prints again is left out. */
function captureConsole(): void {
  const levels = { debug: "debug", log: "info", info: "info", warn: "warn", error: "error" } as const;
  for (const [method, level] of Object.entries(levels) as [keyof typeof levels, LogLevel][]) {
    const plain = console[method].bind(console);
    console[method] = (...args: unknown[]) => {
      const context = currentContext();
      if (context === null) plain(...args);
      else logLine(context.execution, level, format(...args), null);
    };
  }
}
