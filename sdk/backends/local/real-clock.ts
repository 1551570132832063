/** The clock of this machine. */
import type { Clock } from "../../ports.ts";

/** Longest wait of a timer of Node; longer ones would end at once. */
const timerMsMax = 2 ** 31 - 1;

/** Waits do not keep the process alive: whoever has work to do holds something else open. */
export const realClock: Clock = {
  nowMs: () => Date.now(),
  wait: async (ms, signal) => {
    for (let leftMs = ms; leftMs > 0 && signal?.aborted !== true; leftMs -= timerMsMax) {
      await waitOnce(Math.min(leftMs, timerMsMax), signal);
    }
  },
  // A tick asked for by a promise reaction comes when no reaction is left; asked for by other code it comes before them.
  afterTurn: (callback) => queueMicrotask(() => process.nextTick(callback)),
};

function waitOnce(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    timer.unref();
    signal?.addEventListener("abort", done, { once: true });
  });
}
