/** How often a failed action is tried again and how long it waits before that: what users write, and what the engine reads. */
import { type Duration, durationMs } from "./duration.ts";
import { PolicyError } from "./errors.ts";
import { checkFields, wholeNumber } from "./policy-fields.ts";

/** The wait before a retry: `base` after the first failure, `factor` times longer after each further one, at most `cap`. */
export interface Backoff {
  /** Wait after the first failure. `"0s"` retries at once. */
  readonly base: Duration;
  /**
   * How many times longer each wait is than the one before. From 1 (all alike) to 100.
   *
   * @default 1
   */
  readonly factor?: number;
  /** Longest wait. At least `base`; required when `factor` is above 1, so that no wait grows without a limit. */
  readonly cap?: Duration;
}

/**
 * How many more times an action is tried after it threw: 3 means up to 4 attempts. From 0 to 1,000. Throwing
 * NonRecoverableError ends the attempts early; the loss of a worker is not counted. Without `backoff` the waits are
 * 500 ms, 1 s, 2 s, … up to 30 s.
 *
 * @example 3
 * @example { count: 5, backoff: { base: "1s", factor: 2, cap: "1m" } }
 */
export type Retries = number | { readonly count: number; readonly backoff?: Backoff };

/** Valid Retries in numbers: 0 <= baseMs <= capMs and factor >= 1. */
export interface RetryPolicy {
  /** Attempts after the first one. */
  readonly count: number;
  readonly baseMs: number;
  readonly factor: number;
  readonly capMs: number;
}

/** Most retries of one action. */
export const retriesMax = 1_000;

const factorMax = 100;

const defaultBackoff = { baseMs: 500, factor: 2, capMs: 30_000 } as const;

/**
 * The retries in numbers; none when not given.
 *
 * @param what Names the owner in errors, as in `task "scoring.score"`.
 * @throws PolicyError for an unknown field, a count or factor outside its limits, or a `cap` that is missing or below `base`.
 */
export function normaliseRetries(retries: Retries | undefined, what: string): RetryPolicy {
  const given = retries === undefined ? 0 : retries;
  if (typeof given === "number") return { count: retryCount(given, `retries of ${what}`), ...defaultBackoff };
  checkFields(given, ["count", "backoff"], `retries of ${what}`);
  const count = retryCount(given.count, `retries.count of ${what}`);
  if (given.backoff === undefined) return { count, ...defaultBackoff };
  return { count, ...normaliseBackoff(given.backoff, `backoff of ${what}`) };
}

/**
 * How long to wait after the n-th failure, in whole milliseconds: min(base × factor^(n-1), cap).
 *
 * @param failedAttempts Failures so far, this one included: 1 for the first.
 */
export function backoffMs(policy: RetryPolicy, failedAttempts: number): number {
  if (!Number.isInteger(failedAttempts) || failedAttempts < 1) {
    throw new Error(
      `Broken invariant: the backoff after ${failedAttempts} failures was asked for; they count from 1.`,
    );
  }
  // The growth overflows to Infinity after many failures, and 0 × Infinity is no number.
  if (policy.baseMs === 0) return 0;
  return Math.round(Math.min(policy.baseMs * policy.factor ** (failedAttempts - 1), policy.capMs));
}

function retryCount(count: unknown, what: string): number {
  return wholeNumber(count, what, { min: 0, max: retriesMax, wayOut: "Use 0 for a single attempt." });
}

function normaliseBackoff(backoff: Backoff, what: string): Omit<RetryPolicy, "count"> {
  checkFields(backoff, ["base", "factor", "cap"], what);
  const { base, factor = 1, cap } = backoff;
  const baseMs = durationMs(base, `base of ${what}`);
  if (typeof factor !== "number" || !(factor >= 1 && factor <= factorMax)) {
    throw new PolicyError({
      what: `factor of ${what}`,
      value: factor,
      allowed: `a number from 1 to ${factorMax}`,
      wayOut: "Use 1 for equal waits, 2 to double them.",
    });
  }
  if (cap === undefined && factor > 1) {
    throw new PolicyError({
      what: `cap of ${what}`,
      value: cap,
      allowed: "a duration, required when factor is above 1",
      wayOut: 'Add the longest wait, such as cap: "1m".',
    });
  }
  const capMs = cap === undefined ? baseMs : durationMs(cap, `cap of ${what}`);
  if (capMs >= baseMs) return { baseMs, factor, capMs };
  throw new PolicyError({
    what: `cap of ${what}`,
    value: cap,
    allowed: `a duration of at least the base, "${base}"`,
    wayOut: "Raise cap, or lower base.",
  });
}
