/** Waiting for what happens in other processes, in their own time. */
import { setTimeout as wait } from "node:timers/promises";

const deadlineMsDefault = 60_000;

/** Asks again and again until the answer is neither undefined, null nor false. */
export async function eventually<T>(
  what: string,
  ask: () => T | null | undefined | false | Promise<T | null | undefined | false>,
  { withinMs = deadlineMsDefault, everyMs = 25 } = {},
): Promise<T> {
  const untilMs = Date.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== null && answer !== false) return answer;
    if (Date.now() > untilMs) throw new Error(`In ${withinMs / 1_000} s it did not come true that ${what}.`);
    await wait(everyMs);
  }
}
