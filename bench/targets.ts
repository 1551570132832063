/**
 * What each figure has to reach, and whether it does. A missed target is told, and fails nothing: machines are noisy.
 * Speeds are targets where work survives processes; where it survives the loss of power, the disk sets them.
 */
import type { Figure } from "./figure.ts";

export interface Verdict {
  readonly target: string;
  readonly isMet: boolean;
}

const timesRawMax = 1.25;
const delaySecondsMax = 1.5;
const memoryBytesMax = 500e6;
const perSecondMin: Readonly<Record<string, number>> = { b: 8_000, c: 80_000, d: 6_000 };

export function verdictsOn(figure: Figure): readonly Verdict[] {
  const verdicts: Verdict[] = [];
  const isSpeedJudged = figure.durability === "process";
  const rateMin = isSpeedJudged ? perSecondMin[figure.workload] : undefined;
  if (figure.workload === "a") {
    if (isSpeedJudged) {
      verdicts.push({ target: `≤ ${timesRawMax} × raw`, isMet: figure.timesRaw <= timesRawMax });
    }
    const memoryBytes = figure.peakProportionalBytes ?? figure.peakResidentBytes;
    verdicts.push({ target: "< 500 MB", isMet: memoryBytes < memoryBytesMax });
  }
  if (rateMin !== undefined) {
    const target = `≥ ${rateMin.toLocaleString("en-US")} ${figure.unit}/s`;
    verdicts.push({ target, isMet: figure.perSecond >= rateMin });
  }
  if (figure.delaySeconds !== null) {
    verdicts.push({ target: `≤ (a) + ${delaySecondsMax} s`, isMet: figure.delaySeconds <= delaySecondsMax });
  }
  return verdicts;
}
