/**
 * A process that can die or stall between any two of its steps. What happens in it (answers of the storage services, its
 * clock, its turns) are events; those of a dead process never come, those of a stalled one come when it goes on.
 */
import type { Clock } from "../../sdk/ports.ts";
import { type Scheduler, waitOn } from "./scheduler.ts";

export class SimProcess {
  readonly name: string;
  readonly clock: Clock;
  readonly #scheduler: Scheduler;
  readonly #beforeStep: (process: SimProcess) => void;
  #isDead = false;
  #stalledUntilMs = 0;
  #onDeath: (() => void)[] = [];

  constructor(scheduler: Scheduler, name: string, beforeStep: (process: SimProcess) => void) {
    this.#scheduler = scheduler;
    this.name = name;
    this.#beforeStep = beforeStep;
    this.clock = {
      nowMs: () => scheduler.nowMs,
      wait: (ms, signal) => waitOn((delayMs, run) => this.schedule(delayMs, run), ms, signal),
      afterTurn: (callback) =>
        scheduler.afterTurn(() => {
          if (!this.#isDead) callback();
        }),
    };
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  get isStalled(): boolean {
    return this.#scheduler.elapsedMs < this.#stalledUntilMs;
  }

  onDeath(callback: () => void): void {
    this.#onDeath.push(callback);
  }

  kill(why: string): void {
    if (this.#isDead) return;
    this.#isDead = true;
    this.#scheduler.note(this.name, `DIES (${why})`);
    for (const callback of this.#onDeath) callback();
    this.#onDeath = [];
  }

  stall(ms: number): void {
    this.#stalledUntilMs = this.#scheduler.elapsedMs + ms;
    this.#scheduler.note(this.name, `STALLS for ${Math.round(ms)} ms`);
  }

  /** A step of this process in `delayMs`, unless it is dead by then. */
  schedule(delayMs: number, run: () => void): void {
    this.#schedule(delayMs, run, true);
  }

  note(what: string): void {
    this.#scheduler.note(this.name, what);
  }

  #schedule(delayMs: number, run: () => void, mayFail: boolean): void {
    this.#scheduler.schedule(delayMs, this.name, () => {
      if (mayFail && !this.#isDead && !this.isStalled) this.#beforeStep(this);
      if (this.#isDead) return;
      const leftMs = this.#stalledUntilMs - this.#scheduler.elapsedMs;
      if (leftMs > 0) this.#schedule(leftMs, run, false);
      else run();
    });
  }
}
