import type { Clock } from "../../ports.ts";
import { DueHeap } from "./due-heap.ts";

const startMsDefault = Date.UTC(2030, 0, 1);
const limitMsDefault = 366 * 24 * 3_600_000;

/**
 * A clock that stands still until it is moved: days of sleeps and retries pass in milliseconds, and the same way each time.
 *
 * It knows of what waits on it. Work that it does not see, such as reading a file or asking a server, is not waited
 * for: the clock may move on while that is under way.
 *
 * @example
 * const clock = new VirtualClock();
 * const slept = clock.wait(3_600_000);
 * await clock.runUntil(slept); // clock.nowMs() is an hour later
 */
export class VirtualClock implements Clock {
  readonly #waiting = new DueHeap<{ wake: (() => void) | null }>();
  #nowMs: number;

  /** @param startMs The time it begins at, in milliseconds since 1970. @default midnight UTC before January 1, 2030 */
  constructor(startMs: number = startMsDefault) {
    this.#nowMs = startMs;
  }

  /** Its time, in milliseconds since 1970. */
  nowMs(): number {
    return this.#nowMs;
  }

  wait(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const waiter: { wake: (() => void) | null } = { wake: null };
      const wake = (): void => {
        waiter.wake = null;
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      waiter.wake = wake;
      signal?.addEventListener("abort", wake);
      if (ms !== Number.POSITIVE_INFINITY) this.#waiting.push(this.#nowMs + Math.max(ms, 0), waiter);
    });
  }

  afterTurn(callback: () => void): void {
    // Ticks come before promise reactions when both are due after ordinary code, and after them when asked for by one.
    queueMicrotask(() => process.nextTick(callback));
  }

  /** When the next of those that wait is due, or null when nobody waits. */
  nextDueMs(): number | null {
    for (let first = this.#waiting.first; first !== null; first = this.#waiting.first) {
      if (first.item.wake !== null) return first.atMs;
      this.#waiting.dropFirst();
    }
    return null;
  }

  /**
   * Jumps to the next time at which somebody is due and wakes all who are due then, in the order in which they began to
   * wait. What they do follows when the caller awaits something. False when nobody waits.
   */
  step(): boolean {
    const dueMs = this.nextDueMs();
    if (dueMs === null) return false;
    this.#nowMs = dueMs;
    while (this.nextDueMs() === dueMs) {
      const wake = this.#waiting.first?.item.wake;
      this.#waiting.dropFirst();
      wake?.();
    }
    return true;
  }

  /** Lets everything run that can run without the time moving. */
  settle(): Promise<void> {
    // An immediate comes after all ticks and promise reactions, also those that these lead to.
    return new Promise((resolve) => setImmediate(resolve));
  }

  /** Moves the time by `ms`, waking everybody who is due on the way at their own time. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await this.settle();
    while ((this.nextDueMs() ?? Number.POSITIVE_INFINITY) <= untilMs) {
      this.step();
      await this.settle();
    }
    this.#nowMs = untilMs;
  }

  /**
   * Moves the time as far as the work needs to end, jumping to the next time at which somebody is due whenever nothing
   * else can run. Resolves and rejects as the work does.
   *
   * @param limitMs How far the time may move. @default 366 days
   * @throws Error when the work has not ended after that time, or when nobody waits any more and it still has not.
   */
  async runUntil<T>(work: Promise<T>, limitMs: number = limitMsDefault): Promise<T> {
    const untilMs = this.#nowMs + limitMs;
    let hasEnded = false;
    const note = (): void => {
      hasEnded = true;
    };
    work.then(note, note);
    for (;;) {
      await this.settle();
      if (hasEnded) return work;
      const dueMs = this.nextDueMs();
      if (dueMs === null) {
        throw new Error(
          "The work has not ended, and nothing waits on the clock: it would never end. " +
            "Look for a promise that nobody settles, or for I/O that the virtual clock does not see.",
        );
      }
      if (dueMs > untilMs) {
        throw new Error(
          `The work has not ended after ${limitMs} ms of virtual time. Give it a longer limit, or look for an endless loop.`,
        );
      }
      this.step();
    }
  }
}
