/**
 * The places in which one replica runs user code. An action that only waits gives its place up and takes one again
 * before it goes on; those who come back are served before new actions.
 */
export class Slots {
  readonly total: number;
  #taken = 0;
  #parked = 0;
  readonly #returning: (() => void)[] = [];
  #onFree: (() => void) | null = null;

  constructor(total: number) {
    this.total = total;
  }

  /** Places that a new action may take now. */
  get free(): number {
    return this.total - this.#taken;
  }

  /** For a new action; the caller has seen that one is free. */
  take(): void {
    this.#taken += 1;
  }

  /** For an action that had given its place up. */
  retake(): Promise<void> {
    if (this.free > 0) {
      this.#taken += 1;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      this.#returning.push(resolve);
    });
  }

  /** True while so many actions wait in memory that no more should. */
  get isCrowded(): boolean {
    return this.#parked >= parkedMax;
  }

  /** For an action that only waits, until `unpark`. */
  park(): void {
    this.#parked += 1;
    this.give();
  }

  /** It no longer waits; whether it takes a place again is another matter. */
  unpark(): void {
    this.#parked -= 1;
  }

  give(): void {
    const next = this.#returning.shift();
    if (next !== undefined) {
      next();
      return;
    }
    this.#taken -= 1;
    this.#onFree?.();
  }

  /** Resolves as soon as a place is free for a new action, or the signal aborts. */
  async whenFree(signal: AbortSignal): Promise<void> {
    while (this.free <= 0 && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const done = () => {
          this.#onFree = null;
          signal.removeEventListener("abort", done);
          resolve();
        };
        this.#onFree = done;
        signal.addEventListener("abort", done, { once: true });
      });
    }
  }
}

/** Actions that one replica keeps in memory while they wait. */
const parkedMax = 1_000;
