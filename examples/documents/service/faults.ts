import { createHash } from "node:crypto";
import type { ServiceOptions } from "./options.ts";

/** What goes wrong with one call. */
export interface CallFaults {
  readonly latencyMs: number;
  /** The call answers 500 and has done nothing. */
  readonly failsBefore: boolean;
  /** The call answers 500 although it has taken effect: the answer got lost. */
  readonly failsAfter: boolean;
}

/**
 * A number in [0, 1) that depends on the seed and the parts alone. Nothing here draws from a running sequence, so the
 * same call meets the same fate whatever else arrives before it, and two runs of one seed are equal.
 */
export function draw(seed: number, ...parts: readonly (string | number)[]): number {
  const hash = createHash("sha256")
    .update(JSON.stringify([seed, ...parts]))
    .digest();
  return hash.readUInt32BE(0) / 2 ** 32;
}

/** A whole number in [min, max], drawn as above. */
export function drawBetween([min, max]: readonly [number, number], at: number): number {
  return min + Math.floor(at * (max - min + 1));
}

/** The faults of the n-th call about the same thing (a batch to submit, a job to poll), n counted here. */
export function callFaults(options: ServiceOptions): (subject: string) => CallFaults {
  const callsBySubject = new Map<string, number>();
  return (subject) => {
    const call = (callsBySubject.get(subject) ?? 0) + 1;
    callsBySubject.set(subject, call);
    const dice = (kind: string): number => draw(options.seed, kind, subject, call);
    return {
      latencyMs: drawBetween(options.latencyMs, dice("latency")),
      failsBefore: dice("error") < options.errorRate,
      failsAfter: dice("lost answer") < options.lostAnswerRate,
    };
  };
}
