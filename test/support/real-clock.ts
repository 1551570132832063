import type { Clock } from "../../sdk/ports.ts";

/** The time of this machine. */
export const realClock: Clock = {
  nowMs: () => Date.now(),
  wait(ms, signal) {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      signal?.addEventListener("abort", wake);
    });
  },
  afterTurn(callback) {
    queueMicrotask(() => process.nextTick(callback));
  },
};
