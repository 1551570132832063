import { type Duration, durationMs } from "../core/duration.ts";
import { callTimer } from "../engine/children.ts";
import { currentContext } from "../engine/context.ts";

/**
 * Waits durably. Inside an action the wait holds no slot, survives the death of every process, and is measured from the
 * first time that it was asked for: a replay does not begin it anew. Outside of a run it is a plain wait.
 *
 * @param duration A text with its unit: `"30s"`, `"5m"`, `"6h"`. From 0 to 366 days.
 * @throws PolicyError for anything else; TraceNestingError inside a trace.
 *
 * @example
 * while ((await poll(job)) !== "done") await sleep("30s");
 */
export async function sleep(duration: Duration): Promise<void> {
  const ms = durationMs(duration, "duration of sleep");
  const context = currentContext();
  if (context !== null) await callTimer(context, ms);
  else await plainWait(ms);
}

const timeoutMsMax = 2 ** 31 - 1;

async function plainWait(ms: number): Promise<void> {
  for (let leftMs = ms; leftMs > 0; leftMs -= timeoutMsMax) {
    await new Promise((resolve) => setTimeout(resolve, Math.min(leftMs, timeoutMsMax)));
  }
}
