/** One replica as its host sees it: a child process that is served, listened to, and ended. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Duplex, Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { DroverError } from "../../core/errors.ts";
import type { ReplicaEvent } from "./ipc/messages.ts";
import type { HostPorts } from "./ipc/methods.ts";
import { type ServedWorld, serveWorld } from "./ipc/serve-world.ts";
import { watchHeartbeat } from "./lease-heartbeat.ts";
import { assignmentVariables, callsFd, heartbeatFd } from "./replica-process-assignment.ts";
import { followLines } from "./replica-process-lines.ts";

interface ReplicaListener {
  /** Once, when it can take work. */
  readonly onReady?: () => void;
  readonly onBeat?: () => void;
  /** It held this delivery beyond its time, and kills itself now. */
  readonly onHung?: (receipt: string) => void;
  readonly onEvent?: (event: ReplicaEvent) => void;
  readonly onLine?: (line: ReplicaLine) => void;
}

export interface ReplicaLine {
  readonly replica: string;
  readonly stream: "stdout" | "stderr";
  /** Cut beyond 65,536 characters. */
  readonly text: string;
}

export interface ReplicaOptions extends ReplicaListener {
  readonly id: string;
  /** The program: a file URL of a module that begins with `connectReplica()`. */
  readonly entry: URL;
  /** What the program gets as `work` of its assignment: JSON, up to about 100 KB. */
  readonly work: unknown;
  readonly ports: HostPorts;
  /** Added to the variables of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Arguments of Node itself, such as `--max-old-space-size=512`. */
  readonly execArgv?: readonly string[];
  /** How long it may take to end after `drain`. @default 30_000 */
  readonly drainMs?: number;
}

export interface ReplicaExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Why it never was, or had to be ended: it could not be started, or did not keep to the protocol. Else null. */
  readonly fault: Error | null;
  /** What it printed last to stderr, at most 20 lines. */
  readonly lastLines: readonly string[];
}

export interface ReplicaProcess {
  readonly id: string;
  /** Undefined if the process could not be started. */
  readonly pid: number | undefined;
  /** Resolves when the process is gone and none of its calls is under way any more. */
  readonly exited: Promise<ReplicaExit>;
  /** Asks it by SIGTERM to end when it has finished what it holds, and kills it when `drainMs` is over. */
  drain(): void;
  /** Ends it at once, with all processes that it has started, by SIGKILL. */
  kill(): void;
}

const lastLinesMax = 20;
/** How long a process may go on after its connection has ended, and its pipes after the process has. */
const lingerMsMax = 2_000;

/** Starts a replica. It does not outlive this process: when its connection ends, so does it. */
export function startReplica(options: ReplicaOptions): ReplicaProcess {
  const { id, drainMs = 30_000 } = options;
  let child: ChildProcess;
  try {
    child = spawnReplica(options);
  } catch (cause) {
    return neverStarted(id, cause);
  }
  // A start that fails later is told by `exited`.
  child.on("error", () => undefined);
  const lastLines = listen(child, options);
  const served = serve(child, options);
  const kill = () => {
    if (isRunning(child)) killGroup(child);
  };
  let drainTimer: NodeJS.Timeout | undefined;
  const drain = () => {
    if (!isRunning(child)) return;
    child.kill("SIGTERM");
    drainTimer ??= setTimeout(kill, drainMs);
  };
  const exited = untilGone(child, served).then((exit) => {
    clearTimeout(drainTimer);
    return { ...exit, lastLines };
  });
  return { id, pid: child.pid, exited, drain, kill };
}

function spawnReplica({ id, entry, work, env = {}, execArgv = [] }: ReplicaOptions): ChildProcess {
  return spawn(process.execPath, [...execArgv, fileURLToPath(entry)], {
    stdio: ["ignore", "pipe", "pipe", "pipe", "pipe"],
    env: { ...process.env, ...env, ...assignmentVariables({ id, work }) },
    // A process group of its own: Ctrl-C reaches the host only, and a kill reaches what the replica has started.
    detached: true,
  });
}

function neverStarted(id: string, cause: unknown): ReplicaProcess {
  const exit: ReplicaExit = { code: null, signal: null, fault: startFault(cause), lastLines: [] };
  return { id, pid: undefined, exited: Promise.resolve(exit), drain: () => undefined, kill: () => undefined };
}

/** The lines that it printed last to stderr, kept up to date. */
function listen(child: ChildProcess, { id, onLine, onBeat, onHung }: ReplicaOptions): readonly string[] {
  const lastLines: string[] = [];
  const { stdout, stderr } = child;
  const heartbeat = child.stdio[heartbeatFd];
  if (!stdout || !stderr || !heartbeat) return lastLines;
  followLines(stdout, (text) => onLine?.({ replica: id, stream: "stdout", text }));
  followLines(stderr, (text) => {
    lastLines.push(text);
    if (lastLines.length > lastLinesMax) lastLines.shift();
    onLine?.({ replica: id, stream: "stderr", text });
  });
  watchHeartbeat(heartbeat as Readable, {
    onBeat: () => onBeat?.(),
    onHung: (receipt) => onHung?.(receipt),
  });
  return lastLines;
}

function serve(child: ChildProcess, { ports, onReady, onEvent }: ReplicaOptions): ServedWorld | null {
  const stream = child.stdio[callsFd] as Duplex | null | undefined;
  if (!stream || child.pid === undefined) return null;
  return serveWorld(stream, ports, {
    ...(onReady === undefined ? {} : { onReady }),
    ...(onEvent === undefined ? {} : { onEvent }),
  });
}

async function untilGone(
  child: ChildProcess,
  served: ServedWorld | null,
): Promise<Omit<ReplicaExit, "lastLines">> {
  const exit = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
  const pipesClosed = once(child, "close");
  pipesClosed.catch(() => undefined);
  void served?.closed.then((fault) => endSoon(child, fault));
  try {
    const [code, signal] = await exit;
    // What it had started goes with it, and so do the pipes that those hold open.
    killGroup(child);
    await Promise.race([pipesClosed, lingerOver()]);
    for (const stream of child.stdio) stream?.destroy();
    const fault = (await served?.closed) ?? null;
    return { code, signal, fault };
  } catch (cause) {
    return { code: null, signal: null, fault: startFault(cause) };
  }
}

/** A process without its connection is of no use. It gets a moment to see that by itself. */
function endSoon(child: ChildProcess, fault: Error | null): void {
  if (fault !== null) killGroup(child);
  else
    setTimeout(
      () => child.exitCode === null && child.signalCode === null && killGroup(child),
      lingerMsMax,
    ).unref();
}

function lingerOver(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, lingerMsMax).unref();
  });
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // Nobody is left in it.
  }
}

function startFault(cause: unknown): DroverError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new DroverError(
    `A replica could not be started: ${reason}. Are memory and processes left on this machine?`,
    { code: "REPLICA_START", kind: "system", retryable: true, cause },
  );
}
