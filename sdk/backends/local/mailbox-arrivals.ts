/** Who waits for something to arrive in which mailbox. */
import type { ActionId } from "../../core/records.ts";
import type { Clock } from "../../ports.ts";

export interface ArrivalWait {
  /** Resolves on the next arrival, when the time is over, on abort and on cancel. */
  readonly done: Promise<void>;
  cancel(): void;
}

export class Arrivals {
  readonly #clock: Clock;
  readonly #waiting = new Map<ActionId, Set<AbortController>>();
  #isClosed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  wait(action: ActionId, waitMs: number, signal?: AbortSignal): ArrivalWait {
    const ending = new AbortController();
    if (this.#isClosed || signal?.aborted === true) return { done: Promise.resolve(), cancel: () => {} };
    const waiting = this.#waiting.get(action) ?? new Set();
    this.#waiting.set(action, waiting.add(ending));
    const cancel = () => ending.abort();
    signal?.addEventListener("abort", cancel, { once: true });
    const done = this.#clock.wait(waitMs, ending.signal).then(() => {
      signal?.removeEventListener("abort", cancel);
      waiting.delete(ending);
      if (waiting.size === 0 && this.#waiting.get(action) === waiting) this.#waiting.delete(action);
    });
    return { done, cancel };
  }

  announce(action: ActionId): void {
    for (const ending of this.#waiting.get(action) ?? []) ending.abort();
  }

  close(): void {
    this.#isClosed = true;
    for (const action of this.#waiting.keys()) this.announce(action);
  }
}
