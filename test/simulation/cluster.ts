/** All processes of a simulation: replicas, the service process and a client, each replaced some time after it is gone. */
import type { ActionSpec } from "../../sdk/core/records.ts";
import { abortOne } from "../../sdk/engine/abort.ts";
import { currentContext } from "../../sdk/engine/context.ts";
import { runService } from "../../sdk/engine/service.ts";
import { startRun } from "../../sdk/engine/start-run.ts";
import { Worker } from "../../sdk/engine/worker.ts";
import type { ChangeFeed } from "./change-feed.ts";
import { FaultyWorld, type FaultyWorldOptions } from "./faulty-world.ts";
import { Interpreter, refOf, type TaskInput } from "./interpreter.ts";
import { type EnvironmentShape, type Program, taskName } from "./program.ts";
import { SimLeases } from "./sim-leases.ts";
import { SimProcess } from "./sim-process.ts";

export const RUN_NAME = "run";

export interface ClusterOptions extends FaultyWorldOptions {
  readonly program: Program;
  readonly feed: ChangeFeed;
}

/** How one simulation's replicas are set. */
interface WorkerSettings {
  readonly lingerMs: number;
  readonly watchMs: number;
}

const startAgainMs = 5_000;

export class Cluster {
  readonly #options: ClusterOptions;
  readonly #settings: WorkerSettings;
  readonly #workers = new Map<SimProcess, { readonly worker: Worker; readonly shape: EnvironmentShape }>();
  readonly #draining = new Set<SimProcess>();
  #names = 0;
  #isDone = false;
  #created = 0;

  constructor(options: ClusterOptions) {
    const { random } = options;
    this.#options = options;
    this.#settings = {
      lingerMs: random.pick([0, 0, 5, 100, 2_000, 10_000]),
      watchMs: random.pick([1_000, 5_000, 30_000]),
    };
  }

  /** Actions that living replicas hold. */
  get held(): number {
    let held = 0;
    for (const [process, { worker }] of this.#workers) if (!process.isDead) held += worker.held;
    return held;
  }

  /** Replicas that neither drain nor stall. */
  *servingWorkers(): Generator<SimProcess> {
    for (const process of this.#workers.keys()) {
      if (!process.isDead && !process.isStalled && !this.#draining.has(process)) yield process;
    }
  }

  slotsOf(process: SimProcess): number {
    return this.#workers.get(process)?.shape.concurrency ?? 0;
  }

  start(): void {
    const { program, random } = this.#options;
    this.#startService();
    for (const shape of program.environments) {
      for (let count = 0; count < shape.workers; count += 1) this.#startWorker(shape);
    }
    const clients = random.chance(0.3) ? 2 : 1;
    for (let count = 0; count < clients; count += 1) this.#startClient();
    if (program.abortRootAfterMs !== null) this.#startAborter(program.abortRootAfterMs);
  }

  /** Nothing is started any more but what stands in for processes that are gone. */
  stopClients(): void {
    this.#isDone = true;
  }

  #process(kind: string, replace: () => void): SimProcess {
    const { scheduler, random } = this.#options;
    this.#names += 1;
    const process = new SimProcess(scheduler, `${kind}${this.#names}`, (one) =>
      this.#beforeStep(one, replace),
    );
    process.onDeath(() => scheduler.schedule(random.logarithmic(10, 30_000), "restart", replace));
    return process;
  }

  #beforeStep(process: SimProcess, replace: () => void): void {
    const { faults, random, storage, scheduler } = this.#options;
    const fault = faults.ofStep();
    if (fault === "crash") process.kill("crash");
    if (fault === "stall") {
      process.stall(random.logarithmic(storage.leaseMs / 4, storage.leaseMs * 6));
      // Whoever scales the fleet may take it for dead; both live on when it wakes up.
      if (random.chance(0.5))
        scheduler.schedule(random.logarithmic(10, storage.leaseMs * 3), "stand-in", replace);
    }
    if (fault === "drain") this.#drain(process);
  }

  #drain(process: SimProcess): void {
    const { random } = this.#options;
    const running = this.#workers.get(process);
    if (running === undefined) return;
    process.note("DRAINS");
    this.#draining.add(process);
    const graceMs = random.pick([0, 500, 20_000]);
    void running.worker.drain(graceMs).then(() => process.kill("drained"));
  }

  #startWorker(shape: EnvironmentShape): void {
    const { program, observer, storage } = this.#options;
    const process = this.#process("worker", () => this.#startWorker(shape));
    const world = new FaultyWorld(process, this.#options);
    const worker = new Worker(world, {
      environment: shape.name,
      concurrency: shape.concurrency,
      leases: new SimLeases(process, storage.queue, storage.leaseMs),
      resolveTask: (name: string, _spec: ActionSpec) => {
        const task = program.tasks.find((one) => taskName(one) === name);
        if (task === undefined) throw new Error(`There is no task ${name}.`);
        return (input) => {
          const context = currentContext();
          if (context === null) throw new Error(`Task ${name} runs outside of an action.`);
          observer.executionStarted(process, context.execution);
          return Interpreter.runTask(program, observer, task, input as TaskInput);
        };
      },
      ...this.#settings,
    });
    this.#workers.set(process, { worker, shape });
    process.schedule(0, () => {
      worker.run().catch((error: unknown) => observer.fail(0, `${process.name} ended: ${String(error)}`));
    });
  }

  #startService(): void {
    const { feed, observer } = this.#options;
    const process = this.#process("service", () => this.#startService());
    const world = new FaultyWorld(process, this.#options);
    const { signal } = new AbortController();
    process.schedule(0, () => {
      runService(world, feed.changes(process), signal).catch((error: unknown) =>
        observer.fail(0, `${process.name} ended: ${String(error)}`),
      );
    });
  }

  /** Starts the run, and again until it knows that the run is there. */
  #startClient(): void {
    if (this.#isDone) return;
    const { program, random, observer } = this.#options;
    const process = this.#process("client", () => this.#startClient());
    const world = new FaultyWorld(process, this.#options);
    const [root] = program.tasks;
    if (root === undefined) throw new Error("A program has at least one task.");
    const input: TaskInput = { arg: program.arg, pad: "" };
    const request = { name: RUN_NAME, task: refOf(root), input, code: "simulated" };
    const start = (): void => {
      startRun(world, request).then(
        ({ created }) => {
          if (created) this.#created += 1;
          if (this.#created > 1)
            observer.fail(6, `${this.#created} callers were told that they had started the run`);
        },
        () => process.schedule(startAgainMs, start),
      );
    };
    process.schedule(random.exponential(10), start);
  }

  #startAborter(afterMs: number): void {
    const process = this.#process("aborter", () => this.#startAborter(0));
    const world = new FaultyWorld(process, this.#options);
    const abort = (): void => {
      abortOne(world, `${RUN_NAME}/a0`, "by its user").then(
        (isFound) => {
          if (!isFound) process.schedule(1_000, abort);
        },
        () => process.schedule(startAgainMs, abort),
      );
    };
    process.schedule(afterMs, abort);
  }
}
