/** The host of one state folder: its records, the service that looks after them, and the fleets that execute them. */
import { join } from "node:path";
import type { EnvironmentDefinition, TaskDefinition } from "./authoring/definitions.ts";
import { loadCode } from "./authoring/load-code.ts";
import { definedEnvironments, definedTasks } from "./authoring/registry.ts";
import type { RunBackend } from "./authoring/run.ts";
import { Fleet } from "./backends/local/fleet.ts";
import type { FleetCounts } from "./backends/local/fleet-counts.ts";
import {
  type LocalBackendOptions,
  type LocalBackend as LocalRecords,
  openLocalBackend,
} from "./backends/local/host-backend.ts";
import type { ReplicaEvent } from "./backends/local/ipc/messages.ts";
import type { HostPorts } from "./backends/local/ipc/methods.ts";
import { type LocalLogLine, LogWriter } from "./backends/local/logs.ts";
import type { ReplicaLine } from "./backends/local/replica-process.ts";
import { PolicyError } from "./core/errors.ts";
import { localIdOf, rootActionId, runOf } from "./core/identity.ts";
import { type ActionState, isEnded, type RunRecord } from "./core/records.ts";
import type { FleetPolicy } from "./core/reuse-policy.ts";
import { abortOne } from "./engine/abort.ts";
import { runService } from "./engine/service.ts";
import type { ReplicaWork } from "./local-replica.ts";
import type { Catalog, Changes, Queue, World } from "./ports.ts";

/** Replicas of one fleet, by what they do. */
export interface FleetStatus extends FleetCounts {
  /** Name of the environment. */
  readonly name: string;
}

export interface LocalHostOptions extends LocalBackendOptions {
  /** Told of each line that actions log and replicas print, after it went to the log file. */
  readonly onLog?: (line: LocalLogLine) => void;
  /** What replicas are given to end what they execute when the host closes. */
  readonly drainMs: number;
  /** True if the fleets go when the last run has ended, so that they do not keep this process. */
  readonly restsWhenIdle: boolean;
}

/** Environments without reuse: a process for each action, at most so many at once. */
const oneShotPolicy: FleetPolicy = {
  replicasMin: 0,
  replicasMax: 64,
  concurrency: 1,
  idleTtlMs: 1_000,
  scaledownTtlMs: 1_000,
  scope: "global",
};

export class LocalHost implements RunBackend {
  readonly world: World;
  readonly catalog: Catalog;
  readonly #records: LocalRecords;
  readonly #options: LocalHostOptions;
  readonly #logs: LogWriter;
  readonly #fleets = new Map<string, Fleet>();
  readonly #attended = new Map<string, RunRecord>();
  readonly #waiting = new Map<string, Set<() => void>>();
  readonly #stop = new AbortController();
  readonly #serving: Promise<void>;
  readonly #failureListeners: ((error: Error) => void)[] = [];
  #keepAlive: NodeJS.Timeout | null = null;

  constructor(options: LocalHostOptions) {
    this.#options = options;
    this.#records = openLocalBackend(options);
    this.#logs = new LogWriter(options.dir);
    this.catalog = this.#records.catalog;
    this.world = this.#worldWith(this.#records.queue);
    this.#serving = runService(this.world, this.#watchedChanges(), this.#stop.signal);
    this.#records.requests.onRequest(async ({ run, reason }) => {
      await abortOne(this.world, rootActionId(run), reason);
    }, this.#stop.signal);
  }

  codeOf(task: TaskDefinition): string {
    if (task.module !== null) return task.module;
    throw new PolicyError({
      what: `The place of task "${task.name}"`,
      value: "no file",
      allowed: "a module in a file, which replicas can load",
      wayOut: "Define the task in a file of its own and import it from there.",
    });
  }

  async attend(run: RunRecord): Promise<void> {
    if (!definedTasks().has(run.task)) await loadCode(run.code);
    const [state] = await this.world.store.readStates([run.root.id]);
    if (state !== undefined && state !== null && isEnded(state.status)) return;
    this.#attended.set(run.name, run);
    // Timers of the clock do not keep a process; a run that has not ended does.
    this.#keepAlive ??= setInterval(() => {}, 2 ** 30);
    for (const environment of definedEnvironments().values()) this.#openFleet(environment);
    warmWithDependencies(definedEnvironments().get(run.environment), (name) =>
      this.#fleets.get(name)?.warm(),
    );
  }

  fleets(): readonly FleetStatus[] {
    return [...this.#fleets].map(([name, fleet]) => ({ name, ...fleet.counts }));
  }

  /** Told when a fleet cannot start any replica; the runs that wait for it are aborted. */
  onFailure(listener: (error: Error) => void): void {
    this.#failureListeners.push(listener);
  }

  /** Resolves when the run ends, or after `withinMs`. */
  async whenEnded(run: string, withinMs: number): Promise<void> {
    const over = new AbortController();
    const listeners = this.#waiting.get(run) ?? new Set();
    this.#waiting.set(run, listeners);
    const done = () => over.abort();
    listeners.add(done);
    await this.world.clock.wait(withinMs, over.signal);
    listeners.delete(done);
    if (listeners.size === 0) this.#waiting.delete(run);
  }

  /** Drains the fleets and gives the folder free. Runs that have not ended go on when a host attends to them again. */
  async close(): Promise<void> {
    await this.#closeFleets();
    this.#stop.abort();
    await this.#serving;
    this.#records.close();
    await this.#logs.close();
    this.#letGo();
  }

  #worldWith(queue: Queue): World {
    const { store, blobs, clock, entropy } = this.#records;
    return { store, blobs, clock, entropy, queue: this.#wakingQueue(queue) };
  }

  /** Fleets look at their backlog when something is sent to them. */
  #wakingQueue(queue: Queue): Queue {
    return {
      send: async (messages) => {
        await queue.send(messages);
        for (const name of new Set(messages.map((one) => one.queue))) this.#fleets.get(name)?.wake();
      },
      receive: (name, max, waitMs, signal) => queue.receive(name, max, waitMs, signal),
      remove: (deliveries) => queue.remove(deliveries),
      release: async (delivery, delayMs) => {
        await queue.release(delivery, delayMs);
        this.#fleets.get(delivery.queue)?.wake();
      },
    };
  }

  #watchedChanges(): Changes {
    return {
      follow: (handler, signal) => {
        const watched = async (ended: readonly ActionState[]) => {
          await handler(ended);
          for (const state of ended) if (state.parent === null) this.#noteEnd(state.run);
        };
        this.#records.changes.follow(watched, signal);
      },
    };
  }

  #noteEnd(run: string): void {
    for (const done of this.#waiting.get(run) ?? []) done();
    this.#attended.delete(run);
    if (this.#attended.size > 0) return;
    this.#letGo();
    if (this.#options.restsWhenIdle) void this.#closeFleets();
  }

  #letGo(): void {
    if (this.#keepAlive !== null) clearInterval(this.#keepAlive);
    this.#keepAlive = null;
  }

  async #closeFleets(): Promise<void> {
    const fleets = [...this.#fleets.values()];
    this.#fleets.clear();
    await Promise.all(fleets.map((fleet) => fleet.close()));
  }

  #openFleet(environment: EnvironmentDefinition): void {
    const { name, reusable } = environment;
    const existing = this.#fleets.get(name);
    if (existing !== undefined) {
      if (existing.hasFailed) existing.retry();
      return;
    }
    const policy = reusable ?? oneShotPolicy;
    const isOneShot = reusable === null;
    const { drainMs } = this.#options;
    const work: ReplicaWork = { environment: name, concurrency: policy.concurrency, isOneShot, drainMs };
    const fleet = new Fleet({
      name,
      policy,
      isOneShot,
      work,
      entry: replicaEntry,
      env: { NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(this.#options.dir, "cache") },
      drainMs: drainMs + killAfterDrainMs,
      queue: this.#records.queue,
      portsOf: (id) => this.#portsOf(id),
      onEvent: (event) => this.#noteEvent(name, event),
      onLine: (line) => this.#noteLine(line),
      onFailed: (error) => this.#noteFailure(name, error),
    });
    this.#fleets.set(name, fleet);
  }

  #portsOf(replica: string): HostPorts {
    const { store, blobs, queue } = this.#worldWith(this.#records.queue.forOwner(replica));
    return { store, blobs, queue };
  }

  #noteEvent(environment: string, event: ReplicaEvent): void {
    if (event.kind === "dropped") {
      const text = `${event.count} lines were logged faster than they could be taken, and are lost.`;
      this.#noteLine({ replica: environment, stream: "stderr", text });
    }
    if (event.kind !== "log") return;
    const line = event as unknown as LoggedEvent;
    this.#log({
      run: line.action === null ? null : runOf(line.action),
      action: line.action === null ? null : localIdOf(line.action),
      replica: line.replica,
      level: line.level,
      text: line.text,
      fields: line.fields,
      timeMs: line.timeMs,
    });
  }

  #noteLine({ replica, stream, text }: ReplicaLine): void {
    const timeMs = this.world.clock.nowMs();
    this.#log({ run: null, action: null, replica, level: stream, text, fields: null, timeMs });
  }

  #log(line: LocalLogLine): void {
    this.#logs.write(line);
    this.#options.onLog?.(line);
  }

  #noteFailure(environment: string, error: Error): void {
    for (const listener of this.#failureListeners) listener(error);
    const reason = `environment "${environment}" could not start: ${error.message}`;
    for (const run of this.#attended.values()) {
      abortOne(this.world, run.root.id, reason).catch((cause: unknown) => {
        for (const listener of this.#failureListeners) listener(cause as Error);
      });
    }
  }
}

/** A log line as a replica sends it. */
interface LoggedEvent {
  readonly action: string | null;
  readonly replica: string;
  readonly level: LocalLogLine["level"];
  readonly text: string;
  readonly fields: Readonly<Record<string, unknown>> | null;
  readonly timeMs: number;
}

const killAfterDrainMs = 5_000;

const extension = import.meta.url.slice(import.meta.url.lastIndexOf("."));
const replicaEntry = new URL(`./local-replica${extension}`, import.meta.url);

/** Starts what a run will need before it asks for it. */
function warmWithDependencies(
  environment: EnvironmentDefinition | undefined,
  warm: (name: string) => void,
  seen = new Set<string>(),
): void {
  if (environment === undefined || seen.has(environment.name)) return;
  seen.add(environment.name);
  warm(environment.name);
  for (const needed of environment.dependsOn) warmWithDependencies(needed, warm, seen);
}
