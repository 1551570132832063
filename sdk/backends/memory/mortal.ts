/** The world of a process that can die: from then on nothing it asked for is answered, and nothing it waits for comes. */
import type { Clock, World } from "../../ports.ts";

export class Mortal {
  #isDead = false;

  /** As by SIGKILL: requests under way may still take effect, but nobody hears of it. */
  end(): void {
    this.#isDead = true;
  }

  /** The same world, for as long as this process lives. */
  bind(world: World): World {
    return {
      store: this.#bound(world.store),
      blobs: this.#bound(world.blobs),
      queue: this.#bound(world.queue),
      clock: this.#boundClock(world.clock),
      entropy: world.entropy,
    };
  }

  #bound<Port extends object>(port: Port): Port {
    return new Proxy(port, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== "function") return member;
        return (...args: unknown[]) => {
          if (this.#isDead) return never();
          return this.#whileAlive(member.apply(target, args) as Promise<unknown>);
        };
      },
    });
  }

  #boundClock(clock: Clock): Clock {
    return {
      nowMs: () => clock.nowMs(),
      wait: (ms, signal) => (this.#isDead ? never() : this.#whileAlive(clock.wait(ms, signal))),
      afterTurn: (callback) => {
        clock.afterTurn(() => {
          if (!this.#isDead) callback();
        });
      },
    };
  }

  #whileAlive<T>(answer: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      answer.then(
        (value) => {
          if (!this.#isDead) resolve(value);
        },
        (error: unknown) => {
          if (!this.#isDead) reject(error);
        },
      );
    });
  }
}

function never<T>(): Promise<T> {
  return new Promise(() => {});
}
