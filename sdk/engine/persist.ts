/**
 * Requests to the world that fail are made again: every port method is safe to repeat. What fails for good is the
 * caller's to handle, usually by giving its message back.
 */
import type { World } from "../ports.ts";

const triesMax = 8;
const waitMsFirst = 50;
const waitMsMax = 5_000;

/** Makes a request until it succeeds, at most 8 times over some 15 seconds; errors marked `retryable: false` are final. */
export async function persist<T>(world: World, request: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await request();
    } catch (error) {
      if (tries >= triesMax || isFinal(error)) throw error;
      await world.clock.wait(waitMs(world, tries));
    }
  }
}

/** Exponential with jitter, so that many workers do not come back at the same moment. */
function waitMs(world: World, tries: number): number {
  const fullMs = Math.min(waitMsMax, waitMsFirst * 2 ** (tries - 1));
  return fullMs * (0.5 + world.entropy.random() / 2);
}

function isFinal(error: unknown): boolean {
  return error instanceof Error && "retryable" in error && error.retryable === false;
}
