/** One call at the earliest of the times it was asked for. */
import type { Clock } from "../../ports.ts";

export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #atMs = Number.POSITIVE_INFINITY;
  #waiting: AbortController | null = null;

  /** @param ring Asks for the next time itself, if it wants another call. */
  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  set(atMs: number): void {
    if (atMs >= this.#atMs) return;
    this.#waiting?.abort();
    const waiting = new AbortController();
    this.#waiting = waiting;
    this.#atMs = atMs;
    // Timers may end a little early: the shortest wait keeps a second look from spinning.
    const waitMs = Math.max(1, atMs - this.#clock.nowMs());
    void this.#clock.wait(waitMs, waiting.signal).then(() => {
      if (waiting.signal.aborted) return;
      this.stop();
      this.#ring();
    });
  }

  stop(): void {
    this.#waiting?.abort();
    this.#waiting = null;
    this.#atMs = Number.POSITIVE_INFINITY;
  }
}
