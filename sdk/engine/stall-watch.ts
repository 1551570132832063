/**
 * A replay whose code has come to rest without asking for what was recorded next has gone another way, or waits for
 * something outside Drover. The first is an error, and is sure enough soon after the code has asked for something new;
 * the second is given a minute.
 */
import type { Clock } from "../ports.ts";

const askedElseMs = 1_000;
const silentMs = 60_000;

export class StallWatch {
  readonly #clock: Clock;
  readonly #onStall: (missing: string, askedInstead: string) => void;
  #watching: {
    readonly missing: string;
    readonly hasAsked: boolean;
    readonly abort: AbortController;
  } | null = null;

  constructor(clock: Clock, onStall: (missing: string, askedInstead: string) => void) {
    this.#clock = clock;
    this.#onStall = onStall;
  }

  /** Called whenever the code rests stalled; `askedInstead` is the first new thing it asks for, if any. */
  watch(missing: string, askedInstead: string | null): void {
    const hasAsked = askedInstead !== null;
    if (this.#watching?.missing === missing && this.#watching.hasAsked === hasAsked) return;
    this.clear();
    const abort = new AbortController();
    this.#watching = { missing, hasAsked, abort };
    // In two halves: a process that was stopped meanwhile has run for the time of one of them at least.
    const halfMs = (hasAsked ? askedElseMs : silentMs) / 2;
    const half = () => this.#clock.wait(halfMs, abort.signal);
    void half()
      .then(half)
      .then(() => {
        if (!abort.signal.aborted) this.#onStall(missing, askedInstead ?? "nothing");
      });
  }

  clear(): void {
    this.#watching?.abort.abort();
    this.#watching = null;
  }
}
