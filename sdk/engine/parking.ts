/**
 * An execution that only waits gives its slot up at once and stays in memory for a while: children that end soon find it
 * without a replay. After that it is time to suspend it.
 */
import type { Clock } from "../ports.ts";
import type { Slots } from "./slots.ts";

export class Parking {
  readonly #slots: Slots;
  readonly #clock: Clock;
  readonly #lingerMs: number;
  readonly #onLongRest: () => void;
  #hasSlot = true;
  #isParked = false;
  #returning: Promise<void> | null = null;
  #rest: AbortController | null = null;

  constructor(slots: Slots, clock: Clock, lingerMs: number, onLongRest: () => void) {
    this.#slots = slots;
    this.#clock = clock;
    this.#lingerMs = lingerMs;
    this.#onLongRest = onLongRest;
  }

  get hasSlot(): boolean {
    return this.#hasSlot;
  }

  /** Gives the slot up and starts to count. Called while resting, it does nothing. */
  park(): void {
    if (!this.#hasSlot || this.#rest !== null) return;
    this.#hasSlot = false;
    this.#isParked = true;
    this.#slots.park();
    this.#linger();
  }

  /** Takes a slot again; resolves when it has one. */
  unpark(): Promise<void> {
    this.#wakeUp();
    if (this.#hasSlot) return Promise.resolve();
    this.#returning ??= this.#slots.retake().then(() => {
      this.#hasSlot = true;
      this.#returning = null;
    });
    return this.#returning;
  }

  /** The execution is over: whatever it holds or waits for is given back. */
  leave(): void {
    this.#wakeUp();
    if (this.#returning !== null) void this.#returning.then(() => this.#slots.give());
    else if (this.#hasSlot) this.#slots.give();
    this.#hasSlot = false;
  }

  #wakeUp(): void {
    this.#rest?.abort();
    this.#rest = null;
    if (!this.#isParked) return;
    this.#isParked = false;
    this.#slots.unpark();
  }

  #linger(): void {
    const rest = new AbortController();
    this.#rest = rest;
    const lingerMs = this.#slots.isCrowded ? 0 : this.#lingerMs;
    void this.#clock.wait(lingerMs, rest.signal).then(() => {
      if (rest.signal.aborted || this.#rest !== rest) return;
      this.#rest = null;
      this.#onLongRest();
    });
  }
}
