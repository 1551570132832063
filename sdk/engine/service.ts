/** What one process per backend does for all actions: tells of ends, fires timers, looks after limits. */
import { SERVICE_QUEUE } from "../core/identity.ts";
import type { Changes, Delivery, World } from "../ports.ts";
import { notifyEnded } from "./notify.ts";
import { persist } from "./persist.ts";
import { handleServiceMessage } from "./timers.ts";

const messagesMax = 100;
const pollMs = 20_000;
const afterFailureMs = 1_000;

/** Serves until the signal aborts. */
export async function runService(world: World, changes: Changes, signal: AbortSignal): Promise<void> {
  changes.follow((ended) => notifyEnded(world, ended), signal);
  while (!signal.aborted) {
    const deliveries = await receive(world, signal);
    await Promise.all(deliveries.map((delivery) => handle(world, delivery)));
  }
}

async function receive(world: World, signal: AbortSignal): Promise<readonly Delivery[]> {
  try {
    return await world.queue.receive(SERVICE_QUEUE, messagesMax, pollMs, signal);
  } catch {
    await world.clock.wait(afterFailureMs, signal);
    return [];
  }
}

async function handle(world: World, delivery: Delivery): Promise<void> {
  try {
    await handleServiceMessage(world, delivery.message);
    await persist(world, () => world.queue.remove([delivery]));
  } catch {
    // The message comes back when its lease ends, and is handled again.
  }
}
