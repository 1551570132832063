import { randomUUID } from "node:crypto";
import { createMemoryBackend } from "../../sdk/backends/memory/backend.ts";
import { VirtualClock } from "../../sdk/backends/memory/virtual-clock.ts";
import { realClock } from "../support/real-clock.ts";
import { contractSuite } from "./suite.ts";

const entropy = { uuid: () => randomUUID(), random: () => 0.5 };

contractSuite("memory in real time", async () => {
  const leaseMs = 300;
  return { ...createMemoryBackend({ clock: realClock, entropy, leaseMs }), leaseMs, close: async () => {} };
});

contractSuite("memory in virtual time", async () => {
  const leaseMs = 2_000;
  const clock = new VirtualClock();
  const closed = Promise.withResolvers<void>();
  const running = keepMoving(clock, closed.promise);
  const close = async (): Promise<void> => {
    closed.resolve();
    await running;
  };
  return { ...createMemoryBackend({ clock, entropy, leaseMs }), leaseMs, close };
});

/** Jumps to the next time at which somebody is due, whenever nothing else can run. */
async function keepMoving(clock: VirtualClock, closed: Promise<void>): Promise<void> {
  let isClosed = false;
  void closed.then(() => {
    isClosed = true;
  });
  while (!isClosed) {
    await clock.settle();
    clock.step();
  }
}
