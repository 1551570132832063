/** How the service behaves. Ranges are whole milliseconds, both ends included; rates are chances from 0 to 1. */
export interface ServiceOptions {
  /** 0 takes any free port. @default 0 */
  readonly port: number;
  /** Decides every fault, every delay and which documents fail. @default 1 */
  readonly seed: number;
  /** How long an answer takes. @default [5, 40] */
  readonly latencyMs: readonly [number, number];
  /** How long a job takes from accepted to done. @default [300, 1500] */
  readonly workMs: readonly [number, number];
  /** Calls a second in the long run; what is over gets a 429. @default 25 */
  readonly ratePerSecond: number;
  /** Calls at once. @default 12 */
  readonly burst: number;
  /** Calls that answer 500 and have done nothing. @default 0.03 */
  readonly errorRate: number;
  /** Calls that answer 500 although they have taken effect. @default 0.01 */
  readonly lostAnswerRate: number;
  /** Documents that fail; the same ones in each run of one seed. @default 0.02 */
  readonly itemFailureRate: number;
  /** The counts are kept in this file too; null keeps them in memory only. @default null */
  readonly statsFile: string | null;
  /** The service ends itself after this long without a call; null never. @default null */
  readonly idleMsMax: number | null;
}

const defaults: ServiceOptions = {
  port: 0,
  seed: 1,
  latencyMs: [5, 40],
  workMs: [300, 1500],
  ratePerSecond: 25,
  burst: 12,
  errorRate: 0.03,
  lostAnswerRate: 0.01,
  itemFailureRate: 0.02,
  statsFile: null,
  idleMsMax: null,
};

/** Timers take no longer delay than this, about 24 days. */
const timerMsMax = 2 ** 31 - 1;

/** The options with defaults filled in. @throws RangeError that names the option, its value and what is allowed. */
export function serviceOptions(given: Partial<ServiceOptions>): ServiceOptions {
  const options = { ...defaults, ...given };
  check("port", options.port, isWholeIn(0, 65_535), "a whole number from 0 to 65535");
  check("seed", options.seed, Number.isSafeInteger, "a whole number");
  check("latencyMs", options.latencyMs, isRangeUpTo(60_000), "two whole numbers, min and max, up to 60000");
  check("workMs", options.workMs, isRangeUpTo(3_600_000), "two whole numbers, min and max, up to 3600000");
  check("ratePerSecond", options.ratePerSecond, (per) => per > 0 && per <= 1e6, "above 0, at most 1000000");
  check("burst", options.burst, isWholeIn(1, 1e6), "a whole number from 1 to 1000000");
  for (const name of ["errorRate", "lostAnswerRate", "itemFailureRate"] as const) {
    check(name, options[name], (rate) => rate >= 0 && rate <= 1, "a chance from 0 to 1");
  }
  const { idleMsMax } = options;
  if (idleMsMax !== null) check("idleMsMax", idleMsMax, isWholeIn(1, timerMsMax), `1 to ${timerMsMax}`);
  return options;
}

function check<T>(name: string, value: T, isAllowed: (value: T) => boolean, allowed: string): void {
  if (isAllowed(value)) return;
  throw new RangeError(`${name} of the document service is ${JSON.stringify(value)}; give ${allowed}.`);
}

function isWholeIn(min: number, max: number): (value: number) => boolean {
  return (value) => Number.isInteger(value) && value >= min && value <= max;
}

function isRangeUpTo(max: number): (value: readonly [number, number]) => boolean {
  return ([from, to]) => isWholeIn(0, to)(from) && isWholeIn(0, max)(to);
}
