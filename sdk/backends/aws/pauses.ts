/** Pauses between tries of what a service could not do at once: twice as long each time, and never the same for all. */
import type { Clock, Entropy } from "../../ports.ts";

export interface Pauses {
  readonly clock: Clock;
  readonly entropy: Entropy;
}

const pauseMsFirst = 25;
const pauseMsMax = 2_000;

/** Most tries of one batch whose rest comes back. */
export const triesMax = 10;

/** Waits before the next try; `tries` were made so far. */
export async function pause({ clock, entropy }: Pauses, tries: number): Promise<void> {
  const fullMs = Math.min(pauseMsMax, pauseMsFirst * 2 ** (tries - 1));
  await clock.wait(fullMs * (0.5 + entropy.random() / 2));
}
