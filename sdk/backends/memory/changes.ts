import type { ActionState } from "../../core/records.ts";
import type { Changes, Clock } from "../../ports.ts";
import { Bell } from "./bell.ts";

type Handler = (ended: readonly ActionState[]) => Promise<void>;

const batchStatesMax = 100;
const retryMsFirst = 50;
const retryMsMax = 5_000;

/**
 * The Changes port in memory. States that nobody has taken note of are kept; followers share them. A batch whose handler
 * rejects, or is still at work when its follower stops, is told again, behind what has come since.
 */
export class MemoryChanges implements Changes {
  readonly #clock: Clock;
  readonly #bell: Bell;
  readonly #untold: ActionState[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#bell = new Bell(clock);
  }

  /** Takes ownership of the state. */
  tell(ended: ActionState): void {
    this.#untold.push(ended);
    this.#bell.ring();
  }

  follow(handler: Handler, signal: AbortSignal): void {
    void this.#follow(handler, signal);
  }

  async #follow(handler: Handler, signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      const batch = this.#untold.splice(0, batchStatesMax);
      if (batch.length === 0) {
        await this.#bell.wait(null, signal);
        continue;
      }
      if (await isHandled(handler, batch, signal)) {
        failures = 0;
        continue;
      }
      this.#untold.push(...batch);
      this.#bell.ring();
      await this.#clock.wait(Math.min(retryMsFirst * 2 ** failures, retryMsMax), signal);
      failures += 1;
    }
  }
}

/** True once the handler has taken note of the batch; false when it rejects, or when the signal aborts first. */
function isHandled(handler: Handler, batch: readonly ActionState[], signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const answer = (handled: boolean): void => {
      signal.removeEventListener("abort", giveUp);
      resolve(handled);
    };
    const giveUp = (): void => answer(false);
    signal.addEventListener("abort", giveUp);
    Promise.try(handler, batch).then(
      () => answer(true),
      () => answer(false),
    );
  });
}
