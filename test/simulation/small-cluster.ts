/** One replica and one service process on the memory backend, for small examples: no faults but those that a test adds. */
import { createMemoryBackend, type MemoryBackend } from "../../sdk/backends/memory/backend.ts";
import { VirtualClock } from "../../sdk/backends/memory/virtual-clock.ts";
import { type ActionPolicy, type ActionState, isEnded } from "../../sdk/core/records.ts";
import type { TaskRef } from "../../sdk/engine/children.ts";
import type { TaskBody } from "../../sdk/engine/execute.ts";
import { runService } from "../../sdk/engine/service.ts";
import { startRun } from "../../sdk/engine/start-run.ts";
import { Worker } from "../../sdk/engine/worker.ts";
import type { Store, World } from "../../sdk/ports.ts";
import { Random } from "./random.ts";

const policy: ActionPolicy = {
  retries: { count: 0, baseMs: 0, factor: 1, capMs: 0 },
  timeouts: { maxRuntimeMs: null, maxQueuedMs: null, deadlineMs: null },
  maxInlineBytes: 1_000_000,
};

export function refTo(name: string, own: Partial<ActionPolicy> = {}): TaskRef {
  return { name, environment: "orders", policy: { ...policy, ...own } };
}

export interface SmallClusterOptions {
  readonly tasks: Readonly<Record<string, TaskBody>>;
  /** What the replica sees of the world. Default: the backend as it is. */
  readonly world?: (backend: MemoryBackend) => World;
  readonly concurrency?: number;
}

export class SmallCluster {
  readonly clock = new VirtualClock();
  readonly backend: MemoryBackend;
  readonly #stop = new AbortController();

  constructor({ tasks, world = (backend) => backend, concurrency = 1 }: SmallClusterOptions) {
    const random = new Random(1);
    const entropy = { uuid: () => random.uuid(), random: () => random.next() };
    this.backend = createMemoryBackend({ clock: this.clock, entropy, limits: { inlineBytesMax: 100 } });
    const worker = new Worker(world(this.backend), {
      environment: "orders",
      concurrency,
      leases: this.backend.leases,
      lingerMs: 0,
      resolveTask: (name) => {
        const body = tasks[name];
        if (body === undefined) throw new Error(`There is no task "${name}".`);
        return body;
      },
    });
    void worker.run();
    void runService(this.backend, this.backend.changes, this.#stop.signal);
  }

  /** Starts a run and waits for the end of its root action. */
  async run(task: TaskRef, input: unknown = null): Promise<ActionState> {
    const { run } = await startRun(this.backend, { name: "run", task, input, code: "small" });
    return await this.clock.runUntil(this.#end(run.root.id));
  }

  async #end(action: string): Promise<ActionState> {
    for (;;) {
      const [state] = await this.backend.store.readStates([action]);
      if (state !== undefined && state !== null && isEnded(state.status)) return state;
      await this.clock.wait(1_000);
    }
  }
}

/** A world whose store answers some methods in another way. */
export function withStore(world: World, change: (store: Store) => Partial<Store>): World {
  const { store } = world;
  const bound: Store = {
    limits: store.limits,
    createRun: (run) => store.createRun(run),
    readRun: (name) => store.readRun(name),
    putSpecs: (specs) => store.putSpecs(specs),
    readSpec: (action) => store.readSpec(action),
    listChildren: (parent) => store.listChildren(parent),
    readStates: (actions) => store.readStates(actions),
    writeState: (next, expected) => store.writeState(next, expected),
    appendJournal: (batch) => store.appendJournal(batch),
    readJournal: (action) => store.readJournal(action),
    appendMailbox: (action, first, entries) => store.appendMailbox(action, first, entries),
    mailboxEnd: (action) => store.mailboxEnd(action),
    readMailbox: (action, after, waitMs, signal) => store.readMailbox(action, after, waitMs, signal),
  };
  return { ...world, store: { ...bound, ...change(store) } };
}
