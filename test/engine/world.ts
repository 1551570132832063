/** Worlds for tests of the engine's parts: the memory backend in virtual time, and what goes wrong on the way to it. */
import { createMemoryBackend, type MemoryBackend } from "../../sdk/backends/memory/backend.ts";
import { seededEntropy } from "../../sdk/backends/memory/seeded-entropy.ts";
import { VirtualClock } from "../../sdk/backends/memory/virtual-clock.ts";
import type { StoreLimits, World } from "../../sdk/ports.ts";

export interface TestWorld extends MemoryBackend {
  readonly clock: VirtualClock;
}

export const leaseMs = 30_000;

export function aWorld(limits: Partial<StoreLimits> = {}): TestWorld {
  const clock = new VirtualClock();
  return { ...createMemoryBackend({ clock, entropy: seededEntropy(1), leaseMs, limits }), clock };
}

/** What happens to a request, named as in `store.writeState`, on its way to the world and on the way back. */
export interface Journey {
  readonly before?: (request: string) => void | Promise<void>;
  /** What it throws or answers late hits a request that has taken effect. */
  readonly after?: (request: string) => void | Promise<void>;
}

/** The same world, seen from behind a network. */
export function behind<W extends World>(world: W, journey: Journey): W {
  return {
    ...world,
    store: travelling(world.store, "store", journey),
    blobs: travelling(world.blobs, "blobs", journey),
    queue: travelling(world.queue, "queue", journey),
  };
}

function travelling<Port extends object>(port: Port, name: string, { before, after }: Journey): Port {
  return new Proxy(port, {
    get: (target, key) => {
      const member: unknown = Reflect.get(target, key, target);
      if (typeof member !== "function") return member;
      return async (...args: unknown[]) => {
        const request = `${name}.${String(key)}`;
        await before?.(request);
        const answer: unknown = await member.apply(target, args);
        await after?.(request);
        return answer;
      };
    },
  });
}
