/**
 * The one clock and the one thread of a simulation. Everything that happens is an event at a time; between two events all
 * promise reactions run. So the same events give the same run, and days pass in milliseconds.
 */
import { DueHeap } from "../../sdk/backends/memory/due-heap.ts";
import type { Clock } from "../../sdk/ports.ts";
import type { EventLog } from "./event-log.ts";

export interface SimulatedEvent {
  readonly what: string;
  readonly run: () => void;
}

const startMs = Date.UTC(2030, 0, 1);

export class Scheduler {
  readonly log: EventLog;
  readonly #events = new DueHeap<SimulatedEvent>();
  readonly #turns: (() => void)[] = [];
  /** With fractions, so that events seldom fall together; clocks show whole milliseconds of it. */
  #atMs = 0;
  #count = 0;

  constructor(log: EventLog) {
    this.log = log;
  }

  get nowMs(): number {
    return startMs + Math.floor(this.#atMs);
  }

  /** Time since the start. */
  get elapsedMs(): number {
    return this.#atMs;
  }

  /** Events so far: orders what happened at the same time. */
  get count(): number {
    return this.#count;
  }

  schedule(delayMs: number, what: string, run: () => void): void {
    this.#events.push(this.#atMs + Math.max(0, delayMs), { what, run });
  }

  /** Comes before all events, when the reactions to the event that runs now have run. */
  afterTurn(callback: () => void): void {
    this.#turns.push(callback);
  }

  note(who: string, what: string): void {
    this.log.add(this.#atMs, who, what);
  }

  /** Runs events until `isOver()`, or none is left. */
  run(isOver: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const step = (): void => {
        try {
          const turn = this.#turns.shift();
          if (turn !== undefined) {
            turn();
            queueMicrotask(() => process.nextTick(step));
            return;
          }
          const first = this.#events.first;
          if (first === null || isOver()) {
            resolve();
            return;
          }
          this.#events.dropFirst();
          this.#atMs = first.atMs;
          this.#count += 1;
          first.item.run();
        } catch (error) {
          reject(error);
          return;
        }
        // Ticks that a promise reaction asks for come when all reactions, also those that follow from them, have run.
        queueMicrotask(() => process.nextTick(step));
      };
      step();
    });
  }

  /** A clock that belongs to no process: that of the storage services, which never crash. */
  clock(): Clock {
    return {
      nowMs: () => this.nowMs,
      wait: (ms, signal) =>
        waitOn((delayMs, run) => this.schedule(delayMs, "service clock", run), ms, signal),
      afterTurn: (callback) => this.afterTurn(callback),
    };
  }
}

/** Resolves when a scheduled event has come, or the signal aborts. */
export function waitOn(
  schedule: (delayMs: number, run: () => void) => void,
  ms: number,
  signal?: AbortSignal,
): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const wake = (): void => {
      signal?.removeEventListener("abort", wake);
      resolve();
    };
    signal?.addEventListener("abort", wake);
    if (ms !== Number.POSITIVE_INFINITY) schedule(ms, wake);
  });
}
