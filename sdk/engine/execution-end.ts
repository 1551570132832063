/** The ways in which one executor's run of an action can end. */
import { ActionAbortedError } from "../core/errors.ts";
import type { ActionSpec } from "../core/records.ts";

export type ExecutionEnd =
  | { readonly kind: "returned"; readonly value: unknown }
  | { readonly kind: "threw"; readonly error: unknown }
  /** It only waits, for longer than it may stay in memory. */
  | { readonly kind: "resting" }
  /** One of its limits has passed. */
  | { readonly kind: "expired" }
  /** Another executor has taken over, or somebody ended the action. */
  | { readonly kind: "fenced" }
  /** This worker is going away. */
  | { readonly kind: "handed-back" }
  /** The world would not take or give what was asked. */
  | { readonly kind: "broken"; readonly error: unknown };

/** What the code's AbortSignal gives as its reason. */
export function abortReason(spec: ActionSpec, end: ExecutionEnd): unknown {
  if (end.kind === "broken" || end.kind === "threw") return end.error;
  return new ActionAbortedError({ what: `Action "${spec.name}"`, reason: reasons[end.kind] });
}

const reasons = {
  returned: "the task has returned",
  resting: "the action is suspended until something it waits for has ended",
  expired: "a time limit has passed",
  fenced: "the action was ended, or is executed elsewhere",
  "handed-back": "this replica is going away",
} as const;
