import type { Clock } from "../../ports.ts";

/** Where some wait until something arrives. Ringing wakes all of them; each then looks for itself. */
export class Bell {
  readonly #clock: Clock;
  readonly #sleepers = new Set<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves at the next ring, when `ms` have passed (null: never), or when the signal aborts. */
  wait(ms: number | null, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const over = new AbortController();
      const wake = (): void => {
        if (!this.#sleepers.delete(wake)) return;
        signal?.removeEventListener("abort", wake);
        over.abort(wakeReason);
        resolve();
      };
      this.#sleepers.add(wake);
      signal?.addEventListener("abort", wake);
      if (ms !== null) void this.#clock.wait(ms, over.signal).then(wake);
    });
  }

  ring(): void {
    for (const wake of this.#sleepers) wake();
  }
}

/** A given reason spares the making of an error with its stack at every ring. */
const wakeReason = "woken";
