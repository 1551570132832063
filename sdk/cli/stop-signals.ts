/** Ctrl-C and its like: the first asks for an orderly stop, the second ends the process at once. */

/** What shells expect of a program that Ctrl-C has ended. */
export const stoppedExitCode = 130;

const signals = ["SIGINT", "SIGTERM"] as const;

/** Aborts at the first signal. */
export function stopSignal(): AbortSignal {
  const stop = new AbortController();
  const onSignal = () => {
    if (stop.signal.aborted) process.exit(stoppedExitCode);
    stop.abort();
  };
  for (const signal of signals) process.on(signal, onSignal);
  return stop.signal;
}
