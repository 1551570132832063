/** The door for tests of users' code: runs in this process, in memory, in virtual time. */
import type { TaskDefinition } from "./authoring/definitions.ts";
import { definedEnvironments, findTask } from "./authoring/registry.ts";
import { type RunBackend, startTask } from "./authoring/run.ts";
import type { RunHandle } from "./authoring/run-handle.ts";
import { definitionOf, runTask, type Task } from "./authoring/task.ts";
import { createMemoryBackend, type MemoryBackend } from "./backends/memory/backend.ts";
import { MemoryLeases } from "./backends/memory/leases.ts";
import { Mortal } from "./backends/memory/mortal.ts";
import { seededEntropy } from "./backends/memory/seeded-entropy.ts";
import { VirtualClock } from "./backends/memory/virtual-clock.ts";
import { PolicyError } from "./core/errors.ts";
import { runService } from "./engine/service.ts";
import { Worker } from "./engine/worker.ts";
import type { ActionRow, Catalog, RunSummary, World } from "./ports.ts";

export { VirtualClock } from "./backends/memory/virtual-clock.ts";

/** What a test may fix; all of it has a default. */
export interface TestBackendOptions {
  /** What random identifiers are made of: the same seed makes the same ones. Default: 1. */
  readonly seed?: number;
  /** When the virtual time begins, in milliseconds since 1970. Default: midnight UTC before January 1, 2030. */
  readonly startMs?: number;
  /** How long a lost worker's actions wait for another, in milliseconds of virtual time. Default: 30,000. */
  readonly leaseMs?: number;
}

/** What became of a run in a test. */
export interface TestRun<Out> extends RunSummary {
  /** The run itself, which has ended. */
  readonly handle: RunHandle<Out>;
  /** What the task returned; undefined if it failed. */
  readonly output: Out | undefined;
  /** What the run failed with; undefined if it did not. */
  readonly error: unknown;
  /** All actions of the run, in order of creation. */
  readonly listed: readonly ActionRow[];
}

/** A backend in memory: everything that a real one promises, without processes, storage or waiting. */
export interface TestBackend extends RunBackend {
  /** The time of its runs. It moves when nothing else can happen; `sleep("6h")` takes no time. */
  readonly clock: VirtualClock;
  /** Runs a task to its end and tells what became of it. Never rejects for an error of the task. */
  run<In, Out>(
    task: Task<In, Out>,
    input?: NoInfer<In>,
    options?: { readonly name?: string },
  ): Promise<TestRun<Out>>;
  /**
   * Lets all workers die as by SIGKILL: what they were doing is lost, and new ones take over when the leases have ended.
   * Call it from inside a trace or task to see what happens at that point.
   */
  crashWorkers(): void;
  /** Ends its workers and services. Runs that have not ended stay as they are. */
  close(): void;
}

const workersPerOneShotEnvironment = 64;

/**
 * Opens a backend for tests.
 *
 * @example
 * const backend = openTestBackend();
 * const { output, tracesExecuted } = await backend.run(processBatch, { start: 0, end: 10 });
 */
export function openTestBackend(options: TestBackendOptions = {}): TestBackend {
  const clock = new VirtualClock(...(options.startMs === undefined ? [] : [options.startMs]));
  const leaseMs = options.leaseMs ?? 30_000;
  const entropy = seededEntropy(options.seed ?? 1);
  const memory = createMemoryBackend({ clock, entropy, leaseMs });
  const crew = new Crew(memory, leaseMs);
  const stop = new AbortController();
  void runService(memory, memory.changes, stop.signal);
  const backend: TestBackend = {
    world: memory,
    catalog: memory.catalog,
    clock,
    codeOf: () => "memory:",
    attend: async () => crew.muster(),
    run: (task, input, { name } = {}) => runToEnd(backend, definition(task), input, name),
    crashWorkers: () => crew.crash(),
    close: () => {
      crew.dismiss();
      stop.abort();
    },
  };
  return backend;
}

function definition(task: unknown): TaskDefinition {
  const found = definitionOf(task);
  if (found !== null) return found;
  throw new PolicyError({
    what: "What was passed to run()",
    value: typeof task,
    allowed: "a task",
    wayOut: "Make one with environment.task(async function …), and pass what that returns.",
  });
}

async function runToEnd<Out>(
  backend: TestBackend,
  task: TaskDefinition,
  input: unknown,
  name: string | undefined,
): Promise<TestRun<Out>> {
  const { clock, catalog } = backend;
  const named = name === undefined ? {} : { name };
  const handle = (await clock.runUntil(startTask(task, input, { ...named, backend }))) as RunHandle<Out>;
  const ended: { output: Out | undefined; error: unknown } = { output: undefined, error: undefined };
  const watched = handle.result().then(
    (output) => {
      ended.output = output;
    },
    (error: unknown) => {
      ended.error = error;
    },
  );
  await clock.runUntil(watched);
  const summary = await clock.runUntil(settled(catalog, clock, handle.name));
  const listed = await listAll(catalog, handle.name);
  return { ...summary, ...ended, handle, listed };
}

/** Descendants of a run that ended early are ended a moment after it. */
async function settled(catalog: Catalog, clock: VirtualClock, run: string): Promise<RunSummary> {
  for (;;) {
    const summary = await catalog.summarize(run);
    const { queued, running, suspended } = summary.actions;
    if (queued + running + suspended === 0) return summary;
    await clock.wait(settleLookMs);
  }
}

const settleLookMs = 100;
const pageMax = 1_000;

async function listAll(catalog: Catalog, run: string): Promise<readonly ActionRow[]> {
  const rows: ActionRow[] = [];
  for (;;) {
    const last = rows.at(-1);
    const after = last === undefined ? {} : { after: last.id };
    const page = await catalog.listActions(run, { ...after, limit: pageMax });
    rows.push(...page);
    if (page.length < pageMax) return rows;
  }
}

/** The workers of a test: one for each environment, with the capacity of its whole fleet. */
class Crew {
  readonly #memory: MemoryBackend;
  readonly #leaseMs: number;
  #alive = new Map<string, { readonly worker: Worker; readonly life: Mortal }>();

  constructor(memory: MemoryBackend, leaseMs: number) {
    this.#memory = memory;
    this.#leaseMs = leaseMs;
  }

  /** Sees to it that each environment defined by now has a worker. */
  muster(): void {
    for (const { name, reusable } of definedEnvironments().values()) {
      if (this.#alive.has(name)) continue;
      const concurrency =
        reusable === null ? workersPerOneShotEnvironment : reusable.replicasMax * reusable.concurrency;
      const life = new Mortal();
      const world: World = life.bind(this.#memory);
      const leases = new MemoryLeases({
        queue: this.#memory.queue,
        clock: world.clock,
        leaseMs: this.#leaseMs,
      });
      const worker = new Worker(world, { environment: name, concurrency, leases, resolveTask });
      this.#alive.set(name, { worker, life });
      void worker.run();
    }
  }

  crash(): void {
    for (const { life } of this.#alive.values()) life.end();
    this.#alive = new Map();
    this.muster();
  }

  dismiss(): void {
    for (const { life } of this.#alive.values()) life.end();
    this.#alive = new Map();
  }
}

function resolveTask(name: string): (input: unknown) => unknown {
  const task = findTask(name);
  return (input) => runTask(task, input);
}
