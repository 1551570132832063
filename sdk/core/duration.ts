/**
 * Lengths of time as users write them. Inside the system time is always milliseconds in a name that ends in `Ms`; a
 * bare number from a user is refused, because nothing tells whether it means seconds or milliseconds.
 */
import { PolicyError } from "./errors.ts";

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

type DurationUnit = keyof typeof unitMs;

/**
 * A length of time: a number and a unit, without a space. Units are `ms`, `s`, `m` (minutes), `h` and `d` (24 hours).
 * Decimals are allowed; the result is rounded to a whole millisecond. The longest is `"366d"`.
 *
 * @example "250ms", "30s", "5m", "1.5h", "2d"
 */
export type Duration = `${number}${DurationUnit}`;

/** A duration is never longer than this: a longer one is more likely a wrong unit than a wish. */
export const durationMsMax = 366 * unitMs.d;

interface DurationBounds {
  /** Shortest that is accepted. @default 0 */
  readonly minMs?: number;
  /** Longest that is accepted. @default durationMsMax */
  readonly maxMs?: number;
  /** What to do instead of a shorter one, as a sentence. @default "Write a longer one." */
  readonly tooShort?: string;
}

/**
 * The milliseconds of a duration such as `"30s"`, `"5m"` or `"1.5h"`.
 *
 * @param what Names the value in the error, as in `idleTtl of environment "scoring"`.
 * @throws PolicyError for a bare number, a negative or unknown form, or one outside the bounds.
 * @example durationMs("1.5h", "timeout") // 5_400_000
 */
export function durationMs(value: Duration | string, what: string, bounds: DurationBounds = {}): number {
  const { minMs = 0, maxMs = durationMsMax, tooShort = "Write a longer one." } = bounds;
  const ms = parseDuration(value);
  if (ms !== null && ms >= minMs && ms <= maxMs) return ms;
  throw new PolicyError({
    what,
    value,
    allowed: `a duration from ${inLargestUnit(minMs)} to ${inLargestUnit(maxMs)}, such as "30s", "5m" or "1.5h"`,
    wayOut: ms === null ? adviceFor(value) : ms < minMs ? tooShort : "Write a shorter one.",
  });
}

function parseDuration(value: unknown): number | null {
  if (typeof value !== "string") return null;
  const [, digits, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(value) ?? [];
  if (digits === undefined || unit === undefined) return null;
  return Math.round(Number(digits) * unitMs[unit as DurationUnit]);
}

function adviceFor(value: unknown): string {
  const bare = typeof value === "number" ? value : typeof value === "string" ? value.trim() : "";
  if (bare !== "" && Number.isFinite(Number(bare)) && Number(bare) >= 0) {
    return `Add the unit: write "${bare}s" for seconds, or "${bare}ms" for milliseconds.`;
  }
  return 'Write a number and one of the units ms, s, m, h, d without a space, such as "30s".';
}

function inLargestUnit(ms: number): string {
  if (ms === 0) return '"0s"';
  for (const unit of ["d", "h", "m", "s"] as const) {
    if (ms % unitMs[unit] === 0) return `"${ms / unitMs[unit]}${unit}"`;
  }
  return `"${ms}ms"`;
}
