/** The world of a process that dies at a chosen request. */
import { Mortal } from "../../sdk/backends/memory/mortal.ts";
import type { World } from "../../sdk/ports.ts";

export interface DyingWorld {
  readonly world: World;
  /** Rejects when it dies. */
  readonly death: Promise<never>;
  /** Requests made so far. */
  readonly requests: number;
}

/**
 * @param dieAt The request at which it dies, from 1. @param isDone Whether that request still takes effect, though nobody hears of
 * its answer.
 */
export function dyingWorld(world: World, dieAt: number, isDone: boolean): DyingWorld {
  const life = new Mortal();
  const { promise: death, reject } = Promise.withResolvers<never>();
  death.catch(() => undefined);
  let requests = 0;
  const die = (): void => {
    life.end();
    reject(Object.assign(new Error("The process was killed."), { name: "Runtime.ExitError" }));
  };
  const counted = <Port extends object>(mortal: Port, port: Port): Port =>
    new Proxy(mortal, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== "function") return member;
        return (...args: unknown[]) => {
          requests += 1;
          if (requests === dieAt) {
            if (isDone)
              void (Reflect.get(port, name, port) as (...args: unknown[]) => Promise<unknown>).apply(
                port,
                args,
              );
            die();
          }
          return member.apply(target, args) as unknown;
        };
      },
    });
  const bound = life.bind(world);
  return {
    world: {
      ...bound,
      store: counted(bound.store, world.store),
      blobs: counted(bound.blobs, world.blobs),
      queue: counted(bound.queue, world.queue),
    },
    death,
    get requests() {
      return requests;
    },
  };
}
