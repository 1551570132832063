/** A queue that has fleets looked at as soon as there is more for them to do. */
import type { Clock, Queue } from "../ports.ts";

/** Asks for these fleets to be looked at, and waits for no answer. */
export type AskForScaling = (environments: readonly string[]) => Promise<void>;

export interface ScaleOnSendOptions {
  readonly clock: Clock;
  /** Names of the environments that have fleets. */
  readonly fleets: ReadonlySet<string>;
  readonly ask: AskForScaling;
  /** How long a fleet is not asked about again by this process. @default 5_000 */
  readonly againMs?: number;
}

/**
 * The same queue; after messages were sent to a fleet that was not asked about lately, its size is looked at. That it could not
 * be asked for is no failure of the sending: fleets are looked at every minute anyway.
 */
export function scalingQueue(queue: Queue, options: ScaleOnSendOptions): Queue {
  const { clock, fleets, ask, againMs = 5_000 } = options;
  const askedMs = new Map<string, number>();
  const isDue = (name: string) =>
    fleets.has(name) && clock.nowMs() - (askedMs.get(name) ?? Number.NEGATIVE_INFINITY) >= againMs;
  return {
    send: async (messages) => {
      await queue.send(messages);
      const due = [...new Set(messages.map((one) => one.queue))].filter(isDue);
      for (const name of due) askedMs.set(name, clock.nowMs());
      if (due.length > 0) await ask(due).catch(() => undefined);
    },
    receive: (name, max, waitMs, signal) => queue.receive(name, max, waitMs, signal),
    remove: (deliveries) => queue.remove(deliveries),
    release: (delivery, delayMs) => queue.release(delivery, delayMs),
  };
}
