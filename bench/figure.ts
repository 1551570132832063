/** The medians of all measurements of one workload at one durability. */
import type { Durability } from "drover/local";
import type { Contender } from "./measurement.ts";
import type { Sample } from "./take-sample.ts";

export interface Figure {
  readonly workload: string;
  readonly title: string;
  readonly durability: Durability;
  readonly unit: string;
  readonly wallSeconds: Readonly<Record<Contender, number>>;
  readonly cpuSeconds: Readonly<Record<Contender, number>>;
  readonly perSecond: number;
  /** Our wall time over raw Node's, the median of the quotients of equal rounds. */
  readonly timesRaw: number;
  /** The same over Node with a commit for each checkpoint. */
  readonly timesSqlite: number;
  /** Our wall time less that of the undisturbed workload in the same round; null for an undisturbed one. */
  readonly delaySeconds: number | null;
  readonly peakResidentBytes: number;
  /** Null where it is not known. */
  readonly peakProportionalBytes: number | null;
  readonly coldStartSeconds: number;
  /** Which processes CPU and memory are of. */
  readonly scope: "all processes" | "the host only";
  readonly faults: readonly string[];
}

/** One of each contender, taken right after each other. */
export interface Round {
  readonly samples: Readonly<Record<Contender, Sample>>;
  /** What the undisturbed workload took in this round; null if this is one. */
  readonly undisturbedMs: number | null;
}

export interface Subject {
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  readonly count: number;
}

export function figureOf(subject: Subject, durability: Durability, rounds: readonly Round[]): Figure {
  const ours = rounds.map(({ samples }) => samples.drover);
  const wallMs = medianOf(ours, (sample) => sample.wallMs);
  const isDelayed = rounds.every(({ undisturbedMs }) => undisturbedMs !== null);
  const isProportional = ours.every((sample) => sample.proportionalBytes !== null);
  const each = (measure: (sample: Sample) => number) => ({
    raw: seconds(medianOf(rounds, ({ samples }) => measure(samples.raw))),
    sqlite: seconds(medianOf(rounds, ({ samples }) => measure(samples.sqlite))),
    drover: seconds(medianOf(ours, measure)),
  });
  return {
    workload: subject.name,
    title: subject.title,
    durability,
    unit: subject.unit,
    wallSeconds: each((sample) => sample.wallMs),
    cpuSeconds: each((sample) => sample.cpuMs),
    perSecond: Math.round(subject.count / (wallMs / 1_000)),
    timesRaw: rounded(medianOf(rounds, ({ samples }) => samples.drover.wallMs / samples.raw.wallMs)),
    timesSqlite: rounded(medianOf(rounds, ({ samples }) => samples.drover.wallMs / samples.sqlite.wallMs)),
    delaySeconds: isDelayed
      ? seconds(
          medianOf(rounds, ({ samples, undisturbedMs }) => samples.drover.wallMs - (undisturbedMs ?? 0)),
        )
      : null,
    peakResidentBytes: medianOf(ours, (sample) => sample.residentBytes),
    peakProportionalBytes: isProportional ? medianOf(ours, (sample) => sample.proportionalBytes ?? 0) : null,
    coldStartSeconds: seconds(medianOf(ours, (sample) => sample.coldMs ?? 0)),
    scope: ours.every((sample) => sample.isWholeTree) ? "all processes" : "the host only",
    faults: rounds.flatMap(({ samples }) =>
      Object.entries(samples).flatMap(([contender, { fault }]) =>
        fault === null ? [] : [`${contender}: ${fault}`],
      ),
    ),
  };
}

function medianOf<T>(rounds: readonly T[], measure: (round: T) => number): number {
  const sorted = rounds.map(measure).sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low = 0, high = 0] =
    sorted.length % 2 === 1 ? [sorted[middle], sorted[middle]] : sorted.slice(middle - 1);
  return (low + high) / 2;
}

function seconds(ms: number): number {
  return rounded(ms / 1_000);
}

function rounded(n: number): number {
  return Number(n.toFixed(3));
}
