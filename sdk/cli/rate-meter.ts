/** How fast something grows: over the last seconds, so that a display follows what happens now. */

interface Sample {
  readonly atMs: number;
  readonly count: number;
}

const windowMsDefault = 15_000;
/** Of less than this no rate is told. */
const spanMsMin = 1_000;

export class RateMeter {
  readonly #windowMs: number;
  #samples: Sample[] = [];

  constructor(windowMs: number = windowMsDefault) {
    this.#windowMs = windowMs;
  }

  /** What was done before the first sample counts for nothing: a resumed run begins with a past. */
  add(count: number, atMs: number): void {
    // One sample before the window is kept, so that the window is always covered.
    const first = this.#samples.findLastIndex((sample) => sample.atMs <= atMs - this.#windowMs);
    if (first > 0) this.#samples = this.#samples.slice(first);
    this.#samples.push({ atMs, count });
  }

  /** Null while it is too early to say. */
  get perSecond(): number | null {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || last.atMs - first.atMs < spanMsMin) return null;
    return ((last.count - first.count) * 1_000) / (last.atMs - first.atMs);
  }
}

/** How long the rest takes at that rate; null where that cannot be told. */
export function remainingMs(left: number, perSecond: number | null): number | null {
  if (left === 0) return 0;
  return perSecond === null || perSecond <= 0 ? null : (left * 1_000) / perSecond;
}
