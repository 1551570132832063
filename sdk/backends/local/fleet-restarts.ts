/**
 * When a fleet may start replicas after some have ended by themselves, and when it gives up.
 *
 * R1. Replicas that were started together and end together count once: ten that cannot load the same file are one failure.
 * R2. After a failure one replica is tried at a time, until one is ready.
 */
export interface RestartLimits {
  readonly firstDelayMs: number;
  readonly delayMsMax: number;
  /** Failed starts in a row after which there is no further try. */
  readonly failedStartsMax: number;
}

export const restartDefaults: RestartLimits = { firstDelayMs: 100, delayMsMax: 10_000, failedStartsMax: 5 };

export class Restarts {
  readonly #limits: RestartLimits;
  /** Exits in a row without work done between them, and those of them that came before the replica was ready. */
  #exits = 0;
  #failedStarts = 0;
  /** Counts what R1 counts; a replica remembers which one it was started in. */
  #round = 0;
  #notBeforeMs = 0;

  constructor(limits: RestartLimits) {
    this.#limits = limits;
  }

  get round(): number {
    return this.#round;
  }

  get failedStarts(): number {
    return this.#failedStarts;
  }

  get hasGivenUp(): boolean {
    return this.#failedStarts >= this.#limits.failedStartsMax;
  }

  /** How many of the wanted replicas may be started now, while `starting` others are not ready yet. */
  allowed(wanted: number, starting: number, nowMs: number): number {
    if (this.hasGivenUp || nowMs < this.#notBeforeMs) return 0;
    return this.#failedStarts === 0 ? wanted : Math.min(wanted, Math.max(0, 1 - starting)); // R2
  }

  /** How long until `allowed` may answer more; 0 if nothing holds it back. */
  waitMs(nowMs: number): number {
    return Math.max(0, this.#notBeforeMs - nowMs);
  }

  /** A replica has become ready: its code can be loaded. */
  ready(): void {
    this.#failedStarts = 0;
  }

  /** A replica has got work. */
  worked(): void {
    this.#exits = 0;
  }

  /** A replica has ended though nobody asked it to, and had not had any work. */
  ended(replica: { readonly round: number; readonly wasReady: boolean }, nowMs: number): void {
    if (replica.round !== this.#round) return; // R1
    this.#round++;
    if (!replica.wasReady) this.#failedStarts++;
    const { firstDelayMs, delayMsMax } = this.#limits;
    this.#notBeforeMs = nowMs + Math.min(firstDelayMs * 2 ** this.#exits, delayMsMax);
    this.#exits++;
  }

  /** Everything is to be tried again. */
  reset(): void {
    this.#exits = 0;
    this.#failedStarts = 0;
    this.#notBeforeMs = 0;
    this.#round++;
  }
}
