/** How long an action may take: what users write, and what the engine reads. */
import { type Duration, durationMs } from "./duration.ts";
import { checkFields } from "./policy-fields.ts";

/**
 * Limits on the time of an action; a bare duration is `maxRuntime`. What is left out has no limit. Each is at least
 * `"1ms"`. An attempt that a limit ends counts as a failed one; `deadline` ends the action for good.
 *
 * @example "10m"
 * @example { maxRuntime: "10m", maxQueuedTime: "1h", deadline: "6h" }
 */
export type Timeout =
  | Duration
  | {
      /** Longest time that one attempt runs. */
      readonly maxRuntime?: Duration;
      /** Longest time that one attempt waits in the queue for a replica. */
      readonly maxQueuedTime?: Duration;
      /** Longest time from the creation of the action to its end, over all attempts and the waits between them. */
      readonly deadline?: Duration;
    };

/** A valid Timeout in numbers. Null: no limit. */
export interface TimeoutPolicy {
  readonly maxRuntimeMs: number | null;
  readonly maxQueuedMs: number | null;
  readonly deadlineMs: number | null;
}

const fields = ["maxRuntime", "maxQueuedTime", "deadline"] as const;

/**
 * The limits in numbers; none when not given.
 *
 * @param what Names the owner in errors, as in `task "scoring.score"`.
 * @throws PolicyError for an unknown field, or a duration that is malformed or zero.
 */
export function normaliseTimeout(timeout: Timeout | undefined, what: string): TimeoutPolicy {
  if (timeout === undefined) return { maxRuntimeMs: null, maxQueuedMs: null, deadlineMs: null };
  if (typeof timeout === "string" || typeof timeout === "number") {
    return { maxRuntimeMs: limitMs(timeout, `timeout of ${what}`), maxQueuedMs: null, deadlineMs: null };
  }
  checkFields(timeout, fields, `timeout of ${what}`);
  return {
    maxRuntimeMs: limitMs(timeout.maxRuntime, `maxRuntime of ${what}`),
    maxQueuedMs: limitMs(timeout.maxQueuedTime, `maxQueuedTime of ${what}`),
    deadlineMs: limitMs(timeout.deadline, `deadline of ${what}`),
  };
}

function limitMs(limit: Duration | undefined, what: string): number | null {
  if (limit === undefined) return null;
  return durationMs(limit, what, { minMs: 1, tooShort: "Leave it out for no limit." });
}
