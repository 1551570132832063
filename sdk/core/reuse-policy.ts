/** How a fleet of warm replicas is sized and how long it is kept: what users write, and what scaling reads. */
import { type Duration, durationMs } from "./duration.ts";
import { PolicyError } from "./errors.ts";
import { checkFields, wholeNumber } from "./policy-fields.ts";

/**
 * Makes the replicas of an environment reusable: a replica stays warm between actions, and keeps its globals.
 * The fleet runs at most `replicas × concurrency` actions at once; what it cannot take yet waits in its queue.
 *
 * @example { replicas: [3, 10], concurrency: 5, idleTtl: "5m", scaledownTtl: "1m" }
 */
export interface ReusePolicy {
  /**
   * How many replicas the fleet has while it has work: exactly `n`, or as many as the work needs within `[min, max]`.
   * `[0, max]` keeps none for less work than there is. From 1 (min from 0) to 5,000.
   *
   * @default 2
   */
  readonly replicas?: number | readonly [number, number];
  /**
   * Actions that one replica runs at once, in one process. From 1 to 1,000.
   *
   * @default 1
   */
  readonly concurrency?: number;
  /**
   * How long the whole fleet may be without work before all its replicas are removed, the minimum too. At least `"1s"`.
   *
   * @default "30s"
   */
  readonly idleTtl?: Duration;
  /**
   * How long one replica above the need is idle before it is removed. At least `"1s"`.
   *
   * @default "30s"
   */
  readonly scaledownTtl?: Duration;
  /**
   * `"global"`: all runs share the fleet. `"run"`: each run has a fleet of its own, which no other run's process state
   * reaches.
   *
   * @default "global"
   */
  readonly scope?: "global" | "run";
}

/** A valid ReusePolicy with every default filled in: 0 <= replicasMin <= replicasMax, and all else at least 1. */
export interface FleetPolicy {
  /** Replicas that are kept while there is work, or lately was. */
  readonly replicasMin: number;
  /** Replicas that there are at most, draining ones included. */
  readonly replicasMax: number;
  /** Actions at once in one replica. */
  readonly concurrency: number;
  /** How long the whole fleet may be without work before all of it goes. */
  readonly idleTtlMs: number;
  /** How long one replica above the need may be without work before it goes. */
  readonly scaledownTtlMs: number;
  /** Whether runs share the fleet. */
  readonly scope: "global" | "run";
}

/** Most replicas of one fleet, which is what one ECS service can hold. */
export const replicasMax = 5_000;
/** Most actions at once in one replica. */
export const concurrencyMax = 1_000;

const ttlMsMin = 1_000;

const fields: readonly (keyof ReusePolicy)[] = [
  "replicas",
  "concurrency",
  "idleTtl",
  "scaledownTtl",
  "scope",
];

/**
 * The policy with its defaults, in numbers.
 *
 * @param what Names the owner in errors, as in `environment "scoring"`.
 * @throws PolicyError for an unknown field, min > max, no replicas, no concurrency, or any value outside its limits.
 */
export function normaliseReusePolicy(policy: ReusePolicy, what: string): FleetPolicy {
  checkFields(policy, fields, `reuse policy of ${what}`);
  const { replicas = 2, concurrency = 1, idleTtl = "30s", scaledownTtl = "30s", scope = "global" } = policy;
  return {
    ...replicaRange(replicas, `replicas of ${what}`),
    concurrency: wholeNumber(concurrency, `concurrency of ${what}`, {
      min: 1,
      max: concurrencyMax,
      wayOut: "Use 1 for one action at a time in each replica.",
    }),
    idleTtlMs: durationMs(idleTtl, `idleTtl of ${what}`, { minMs: ttlMsMin }),
    scaledownTtlMs: durationMs(scaledownTtl, `scaledownTtl of ${what}`, { minMs: ttlMsMin }),
    scope: fleetScope(scope, `scope of ${what}`),
  };
}

function replicaRange(replicas: unknown, what: string): Pick<FleetPolicy, "replicasMin" | "replicasMax"> {
  const atLeastOne = {
    min: 1,
    max: replicasMax,
    wayOut: "Use [0, 1] for one replica that is there only for work.",
  };
  if (!Array.isArray(replicas)) {
    const exact = wholeNumber(replicas, what, atLeastOne);
    return { replicasMin: exact, replicasMax: exact };
  }
  if (replicas.length !== 2) {
    throw new PolicyError({
      what,
      value: replicas,
      allowed: "a whole number, or a pair [min, max]",
      wayOut: "Write [1, 10], for example.",
    });
  }
  const min = wholeNumber(replicas[0], `min ${what}`, {
    ...atLeastOne,
    min: 0,
    wayOut: "Use 0 to keep none.",
  });
  const max = wholeNumber(replicas[1], `max ${what}`, atLeastOne);
  if (min <= max) return { replicasMin: min, replicasMax: max };
  throw new PolicyError({
    what,
    value: replicas,
    allowed: "a pair [min, max] with min <= max",
    wayOut: `Did you mean [${max}, ${min}]?`,
  });
}

function fleetScope(scope: unknown, what: string): FleetPolicy["scope"] {
  if (scope === "global" || scope === "run") return scope;
  throw new PolicyError({
    what,
    value: scope,
    allowed: '"global" or "run"',
    wayOut: 'Use "global" to share the fleet among runs, "run" to give each run its own.',
  });
}
