/**
 * The stream of ended states, as a service process follows it: in batches of any size and order, some of them twice, several
 * at once, and again where the handler failed or died.
 */
import type { ActionState } from "../../sdk/core/records.ts";
import type { Changes } from "../../sdk/ports.ts";
import type { Faults } from "./faults.ts";
import type { Random } from "./random.ts";
import type { Scheduler } from "./scheduler.ts";
import type { SimProcess } from "./sim-process.ts";

type Handler = (ended: readonly ActionState[]) => Promise<void>;

const againMsMin = 500;
const againMsMax = 40_000;

export class ChangeFeed {
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #faults: Faults;
  readonly #followers = new Map<SimProcess, Handler>();
  readonly #waiting: ActionState[] = [];
  /** Each is told twice on purpose at most once, or they would become ever more. */
  readonly #doubled = new Set<ActionState>();
  #isTelling = false;

  constructor(scheduler: Scheduler, random: Random, faults: Faults) {
    this.#scheduler = scheduler;
    this.#random = random;
    this.#faults = faults;
  }

  /** The port of one process. */
  changes(process: SimProcess): Changes {
    process.onDeath(() => this.#followers.delete(process));
    return {
      follow: (handler, signal) => {
        this.#followers.set(process, handler);
        signal.addEventListener("abort", () => this.#followers.delete(process));
      },
    };
  }

  ended(state: ActionState): void {
    this.#waiting.push(state);
    this.#tellSoon();
  }

  #tellSoon(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    this.#scheduler.schedule(this.#faults.latencyMs() + this.#faults.delayMs() / 10, "changes", () => {
      this.#isTelling = false;
      this.#tell();
      if (this.#waiting.length > 0) this.#tellSoon();
    });
  }

  #tell(): void {
    const [process, handler] = this.#pickFollower();
    if (process === null || this.#waiting.length === 0) return;
    const batch: ActionState[] = [];
    for (let left = this.#random.int(1, Math.min(5, this.#waiting.length)); left > 0; left -= 1) {
      batch.push(...this.#waiting.splice(this.#random.int(0, this.#waiting.length - 1), 1));
    }
    let isTaken = false;
    const tellAgain = (states: readonly ActionState[]): void => {
      if (isTaken) return;
      this.#waiting.push(...states);
      this.#tellSoon();
    };
    process.schedule(0, () => {
      handler(batch).then(
        () => {
          isTaken = true;
        },
        () => undefined,
      );
    });
    const againMs = this.#random.logarithmic(againMsMin, againMsMax);
    this.#scheduler.schedule(againMs, "changes again", () => tellAgain(batch));
    const doubled = batch.filter((state) => !this.#doubled.has(state) && this.#faults.isDuplicated());
    for (const state of doubled) this.#doubled.add(state);
    if (doubled.length === 0) return;
    this.#scheduler.schedule(this.#random.exponential(500), "changes twice", () => tellAgain(doubled));
  }

  #pickFollower(): readonly [SimProcess, Handler] | readonly [null, null] {
    const followers = [...this.#followers];
    return followers.length === 0 ? [null, null] : this.#random.pick(followers);
  }
}
