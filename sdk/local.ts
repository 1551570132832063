/** The door to the embedded backend: a host that executes runs on this machine, and looks at them from beside it. */
import { resolve } from "node:path";
import type { TaskDefinition } from "./authoring/definitions.ts";
import { stopIfGuest } from "./authoring/load-code.ts";
import type { RunBackend } from "./authoring/run.ts";
import { RunHandle } from "./authoring/run-handle.ts";
import type { Durability } from "./backends/local/database-file.ts";
import { hasHost } from "./backends/local/host-lock.ts";
import { type LocalLogLine, readLogs } from "./backends/local/logs.ts";
import { fileRequest } from "./backends/local/requests.ts";
import { openStateView, type StateView } from "./backends/local/view.ts";
import { decode } from "./core/codec/decode.ts";
import type { ErrorRecord } from "./core/error-record.ts";
import { rootActionId } from "./core/identity.ts";
import {
  type ActionId,
  type ActionState,
  type ActionStatus,
  isEnded,
  type RunRecord,
} from "./core/records.ts";
import { abortOne } from "./engine/abort.ts";
import { ensureStarted } from "./engine/start-run.ts";
import { type FleetStatus, LocalHost } from "./local-host.ts";
import type { Catalog } from "./ports.ts";

export { loadCode } from "./authoring/load-code.ts";
export type { Durability } from "./backends/local/database-file.ts";
export type { LocalLogLine } from "./backends/local/logs.ts";
export type { FleetStatus } from "./local-host.ts";

/** Where a host keeps its state, and how. */
export interface LocalOptions {
  /** The state folder; made where there is none. Default: `.drover` in the current folder. */
  readonly dir?: string;
  /** What finished work survives: `"process"` (default) the death of processes, `"power"` also that of the machine. */
  readonly durability?: Durability;
  /** Told of each line that actions log and replicas print. */
  readonly onLog?: (line: LocalLogLine) => void;
  /** What replicas are given to end what they execute when the host closes, in milliseconds. Default: 5,000. */
  readonly drainMs?: number;
}

const defaults = { dir: ".drover", durability: "process", drainMs: 5_000 } as const;

/** A host on this machine. One process at a time is the host of a state folder. */
export interface LocalBackend extends RunBackend {
  /** Path of the state folder. */
  readonly dir: string;
  /** The run of that name, or null. */
  find(name: string): Promise<RunHandle | null>;
  /** Runs that have not ended, oldest first. Pass them to `attend` to have them go on. */
  unfinished(): Promise<readonly RunRecord[]>;
  attend(run: RunRecord): Promise<void>;
  /** How many replicas there are, and what they do. */
  fleets(): readonly FleetStatus[];
  /** Told when an environment cannot start any replica; the runs that wait for it are aborted. */
  onFailure(listener: (error: Error) => void): void;
  /** Ends all replicas and gives the folder free. Runs that have not ended go on when a host attends to them again. */
  close(): Promise<void>;
}

/**
 * Opens a state folder as its host: runs that are started with this backend execute on this machine, in child processes.
 *
 * @throws DroverError with code `HOST_RUNNING` while another process is the host of the folder.
 *
 * @example
 * const backend = await openLocal({ dir: ".drover" });
 * const handle = await run(score, "text", { backend });
 * console.log(await handle.result());
 * await backend.close();
 */
export async function openLocal(options: LocalOptions = {}): Promise<LocalBackend> {
  const stopped = stopIfGuest();
  if (stopped !== null) return await stopped;
  return openHost(options);
}

/** As `openLocal`, for programs that load users' code themselves: there, `openLocal` is the users' and stops. */
export function openHost(options: LocalOptions = {}): LocalBackend {
  return open(options, false);
}

let defaultHost: LocalBackend | null = null;

/** What `run` opens: one host per process, whose replicas go when its last run has ended. */
export async function openDefaultLocal(): Promise<LocalBackend> {
  defaultHost ??= open({}, true);
  return defaultHost;
}

function open(given: LocalOptions, restsWhenIdle: boolean): LocalBackend {
  const options = { ...defaults, ...given };
  const dir = resolve(options.dir);
  const host = new LocalHost({ ...options, dir, restsWhenIdle });
  return {
    dir,
    world: host.world,
    catalog: host.catalog,
    codeOf: (task: TaskDefinition) => host.codeOf(task),
    attend: async (run) => {
      await ensureStarted(host.world, run);
      await host.attend(run);
    },
    whenEnded: (run, withinMs) => host.whenEnded(run, withinMs),
    find: async (name) => {
      const run = await host.world.store.readRun(name);
      return run === null
        ? null
        : new RunHandle({ ...host, whenEnded: host.whenEnded.bind(host) }, run, false);
    },
    unfinished: () => unfinishedRuns(host),
    fleets: () => host.fleets(),
    onFailure: (listener) => host.onFailure(listener),
    close: () => host.close(),
  };
}

const runsMax = 10_000;

async function unfinishedRuns(host: LocalHost): Promise<readonly RunRecord[]> {
  const runs = await host.catalog.listRuns(runsMax);
  const states = await host.world.store.readStates(runs.map((run) => run.root.id));
  return runs
    .filter((_, index) => {
      const state = states[index];
      return state === undefined || state === null || !isEnded(state.status);
    })
    .reverse();
}

/** The end of a run, as far as it has one. */
export interface RunOutput {
  /** How the run ended, or how it stands. */
  readonly status: ActionStatus;
  /** The decoded output of a run that succeeded. */
  readonly output: unknown;
  /** Size of the encoded output; null while there is none. */
  readonly outputBytes: number | null;
  /** The error of a run that failed or was aborted. */
  readonly error: ErrorRecord | null;
}

/** A state folder to look at, with or without a host running. */
export interface LocalView {
  /** Runs and actions, to list and count. */
  readonly catalog: Catalog;
  /** The run of that name, or null. */
  readRun(name: string): Promise<RunRecord | null>;
  /** The state of an action by its full id `<run>/<id>`; null before anybody has claimed it. */
  readState(action: ActionId): Promise<ActionState | null>;
  /** What a run has given, as far as it has. A run that there is not is `queued` without output. */
  readOutput(run: string): Promise<RunOutput>;
  /** Lines logged so far, oldest first; `skip` leaves the first ones out. */
  readLogs(
    run: string,
    filter?: { readonly action?: string; readonly skip?: number },
  ): AsyncIterable<LocalLogLine>;
  /** True while some process is the host of the folder. */
  hasHost(): boolean;
  /** Lets the folder's files go. */
  close(): void;
}

/**
 * Opens a state folder to look at it.
 *
 * @throws DroverError with code `NO_STATE` where there is none, `STATE_VERSION` where a newer Drover has written it.
 *
 * @example
 * const view = openLocalView(".drover");
 * for (const { name } of await view.catalog.listRuns(10)) console.log(name, (await view.readOutput(name)).status);
 * view.close();
 */
export function openLocalView(dir: string = defaults.dir): LocalView {
  const path = resolve(dir);
  const view = openStateView(path);
  return {
    catalog: view.catalog,
    readRun: async (name) => view.readRun(name),
    readState: async (action) => view.readState(action),
    readOutput: (run) => readOutput(view, run),
    readLogs: (run, filter) => readLogs(path, run, filter),
    hasHost: () => hasHost(path),
    close: () => view.close(),
  };
}

async function readOutput(view: StateView, run: string): Promise<RunOutput> {
  const state = view.readState(rootActionId(run));
  const nothing = { output: undefined, outputBytes: null, error: null };
  if (state === null || !isEnded(state.status)) return { ...nothing, status: state?.status ?? "queued" };
  const { status, outcome } = state;
  if (outcome?.kind !== "value") return { ...nothing, status, error: outcome?.error ?? null };
  const bytes = await view.readPayload(outcome.payload);
  if (bytes === null) return { ...nothing, status };
  return { ...nothing, status, output: decode(bytes), outputBytes: bytes.byteLength };
}

/**
 * Ends a run and everything in it. `"aborted"`: done here, as the folder has no host. `"requested"`: its host has been asked, and
 * does it within a second. `"ended"`: it had ended before. `"unknown"`: there is no such run.
 *
 * @example
 * const done = await abortRun(".drover", "nightly-scores", "it was started by mistake");
 * if (done === "unknown") console.log("There is no such run.");
 */
export async function abortRun(
  dir: string,
  run: string,
  reason: string,
): Promise<"aborted" | "requested" | "ended" | "unknown"> {
  const view = openStateView(resolve(dir));
  try {
    if (view.readRun(run) === null) return "unknown";
    const state = view.readState(rootActionId(run));
    if (state !== null && isEnded(state.status)) return "ended";
  } finally {
    view.close();
  }
  if (hasHost(resolve(dir))) {
    fileRequest(resolve(dir), { run, kind: "abort", reason });
    return "requested";
  }
  const host = new LocalHost({ ...defaults, dir: resolve(dir), restsWhenIdle: false });
  await abortOne(host.world, rootActionId(run), reason);
  await settle(host, run);
  await host.close();
  return "aborted";
}

const settleMsMax = 30_000;

/** Waits until the end has reached all descendants. */
async function settle(host: LocalHost, run: string): Promise<void> {
  const { clock } = host.world;
  for (const untilMs = clock.nowMs() + settleMsMax; clock.nowMs() < untilMs; ) {
    const { actions } = await host.catalog.summarize(run);
    if (actions.queued + actions.running + actions.suspended === 0) return;
    await new Promise((wake) => setTimeout(wake, settleLookMs));
  }
}

const settleLookMs = 20;
