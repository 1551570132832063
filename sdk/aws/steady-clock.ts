import { realClock } from "../backends/local/real-clock.ts";
import type { Clock } from "../ports.ts";

/** Longest interval of a timer of Node. */
const timerMsMax = 2 ** 31 - 1;

/**
 * The clock of this machine, whose waits keep the process alive: a Lambda function whose event loop is empty is taken to be
 * over, although it has not answered.
 */
export const steadyClock: Clock = {
  nowMs: () => realClock.nowMs(),
  wait: async (ms, signal) => {
    const alive = setInterval(() => undefined, timerMsMax);
    try {
      await realClock.wait(ms, signal);
    } finally {
      clearInterval(alive);
    }
  },
  afterTurn: (callback) => realClock.afterTurn(callback),
};
