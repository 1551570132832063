/**
 * What a replica does: takes messages for free slots, executes their actions, keeps their leases, and goes away in order.
 *
 * W1. No more actions run user code than there are slots; parked ones hold none.
 * W2. A message is taken off its queue only when what it asked for is durably over.
 */

import { isCurrent } from "../core/action-state.ts";
import { nextLimit } from "../core/limits.ts";
import type { ActionSpec, ActionState } from "../core/records.ts";
import type { Delivery, Leases, World } from "../ports.ts";
import { type ClaimResult, claimDelivery } from "./claim.ts";
import { execute, type ResolveTask } from "./execute.ts";
import type { Execution } from "./execution.ts";
import { ParentCheck } from "./parent-check.ts";
import { persist } from "./persist.ts";
import { Slots } from "./slots.ts";
import { Suspects } from "./suspects.ts";

/** What a worker serves, and with what. */
export interface WorkerOptions {
  /** Queue to serve: the name of an environment. */
  readonly environment: string;
  /** Actions that run user code at once. */
  readonly concurrency: number;
  /** Finds the code of the tasks. */
  readonly resolveTask: ResolveTask;
  /** Keeps what it holds hidden from other workers. */
  readonly leases: Leases;
  /** How long an action that only waits stays in memory before it is suspended. Default 10 s. */
  readonly lingerMs?: number;
  /** How often running actions are checked for having been ended elsewhere. Default 1 s. */
  readonly watchMs?: number;
  /** Take one message, execute it to its end, and stop. */
  readonly isOneShot?: boolean;
}

const defaults = { lingerMs: 10_000, watchMs: 1_000, isOneShot: false };
const pollMs = 20_000;
const afterFailureMs = 1_000;

/** Executes the actions of one queue until it is drained. */
export class Worker {
  readonly #world: World;
  readonly #options: Required<WorkerOptions>;
  readonly #slots: Slots;
  readonly #suspects = new Suspects();
  readonly #parents: ParentCheck;
  /** Nothing new is taken. */
  readonly #stop = new AbortController();
  /** Nothing is held any more. */
  readonly #over = new AbortController();
  readonly #executions = new Set<Execution>();
  readonly #busy = new Set<Promise<void>>();

  constructor(world: World, options: WorkerOptions) {
    this.#world = world;
    this.#options = { ...defaults, ...options };
    this.#slots = new Slots(options.concurrency);
    this.#parents = new ParentCheck(world);
  }

  /** Actions that this worker holds, parked ones included. */
  get held(): number {
    return this.#busy.size;
  }

  /** Serves until drained; resolves when nothing is held any more. */
  async run(): Promise<void> {
    const watching = this.#watch();
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await this.#slots.whenFree(signal);
      if (signal.aborted) break;
      const deliveries = await this.#receive();
      for (const delivery of deliveries) this.#accept(delivery);
      if (this.#options.isOneShot && deliveries.length > 0) this.#stop.abort();
    }
    await Promise.all(this.#busy);
    this.#over.abort();
    await watching;
  }

  /** Takes nothing new; what runs may end within `graceMs`, the rest is handed back to the queue. */
  async drain(graceMs: number): Promise<void> {
    this.#stop.abort();
    for (const execution of this.#executions)
      if (execution.isParked) execution.close({ kind: "handed-back" });
    const over = new AbortController();
    void Promise.all(this.#busy).then(() => over.abort());
    await this.#world.clock.wait(graceMs, over.signal);
    for (const execution of this.#executions) execution.close({ kind: "handed-back" });
    await Promise.all(this.#busy);
  }

  async #receive(): Promise<readonly Delivery[]> {
    const { environment, isOneShot } = this.#options;
    const free = isOneShot ? 1 : this.#slots.free;
    try {
      return await this.#world.queue.receive(environment, free, pollMs, this.#stop.signal);
    } catch {
      await this.#world.clock.wait(afterFailureMs, this.#stop.signal);
      return [];
    }
  }

  /** A parked action may have come back to the slot that was free when this delivery was asked for (W1). */
  #accept(delivery: Delivery): void {
    const hasSlot = this.#slots.free > 0;
    if (hasSlot) this.#slots.take();
    const done = (hasSlot ? this.#serve(delivery) : this.#giveBack(delivery)).finally(() => {
      this.#busy.delete(done);
    });
    this.#busy.add(done);
  }

  async #giveBack(delivery: Delivery): Promise<void> {
    // If that fails for good, the message comes back when its lease ends.
    await persist(this.#world, () => this.#world.queue.release(delivery, 0)).catch(() => undefined);
  }

  /** From a delivery to its end. The slot is the execution's once there is one. */
  async #serve(delivery: Delivery): Promise<void> {
    const { leases } = this.#options;
    leases.hold(delivery, null);
    let hasSlot = true;
    let leaveSuspects = () => {};
    try {
      let claim = await this.#claim(delivery, true);
      if (claim.kind === "suspect") {
        leaveSuspects = await this.#suspects.enter();
        claim = await this.#claim(delivery, false);
      }
      if (claim.kind === "done") await persist(this.#world, () => this.#world.queue.remove([delivery]));
      else if (claim.kind !== "claimed") {
        const delayMs = claim.kind === "later" ? claim.delayMs : 0;
        await persist(this.#world, () => this.#world.queue.release(delivery, delayMs));
      } else {
        const { spec, state } = claim.action;
        leases.hold(delivery, killAtMs(spec, state));
        hasSlot = false;
        await execute(this.#world, delivery, claim.action, {
          slots: this.#slots,
          lingerMs: this.#options.lingerMs,
          resolveTask: this.#options.resolveTask,
          // While it waits it cannot be what its replica dies of, and others may be what it waits for.
          onPark: leaveSuspects,
          onStart: (execution) => this.#executions.add(execution),
          onEnd: (execution) => this.#executions.delete(execution),
        });
      }
    } catch {
      // The world does not answer: the message comes back when its lease ends, and whoever gets it goes on.
    } finally {
      leaveSuspects();
      if (hasSlot) this.#slots.give();
      leases.drop(delivery);
    }
  }

  /** Once it is told to stop, this worker takes nothing on. */
  async #claim(delivery: Delivery, isBesideSuspects: boolean): Promise<ClaimResult> {
    if (this.#stop.signal.aborted && !this.#options.isOneShot) return { kind: "later", delayMs: 0 };
    return await claimDelivery(this.#world, delivery, this.#parents, isBesideSuspects);
  }

  /** Finds out that an action was aborted, expired or taken over while its code runs. */
  async #watch(): Promise<void> {
    const { clock, store } = this.#world;
    while (!this.#over.signal.aborted) {
      await clock.wait(this.#options.watchMs, this.#over.signal);
      const running = [...this.#executions];
      if (running.length === 0) continue;
      const states = await store.readStates(running.map((one) => one.claimed.state.id)).catch(() => []);
      states.forEach((state, index) => {
        const execution = running[index];
        if (execution === undefined || state === null) return;
        if (!isCurrent(state, execution.claimed.state.epoch)) execution.close({ kind: "fenced" });
      });
    }
  }
}

/** When the thread that keeps leases may conclude that user code hangs. */
function killAtMs(spec: ActionSpec, state: ActionState): number | null {
  return nextLimit(state, spec.policy)?.atMs ?? null;
}
