/** What goes wrong in one simulation: drawn once from the seed, so that some seeds are calm and others very rough. */
import type { Random } from "./random.ts";

/** Chances are per request, per message or per step of a process. */
export interface FaultPlan {
  readonly latencyMs: number;
  readonly slowChance: number;
  readonly failBeforeChance: number;
  readonly failAfterChance: number;
  /** The caller is told of a failure, and the request takes effect after that. */
  readonly failLateChance: number;
  readonly duplicateChance: number;
  readonly delayChance: number;
  readonly crashChance: number;
  readonly crashesMax: number;
  readonly stallChance: number;
  readonly stallsMax: number;
  readonly drainChance: number;
  readonly drainsMax: number;
  /** Times at which almost every request fails. */
  readonly outages: readonly { readonly fromMs: number; readonly toMs: number }[];
}

export type RequestFault = "none" | "before" | "after" | "late";

export function planFaults(random: Random): FaultPlan {
  const isCalm = random.chance(0.1);
  const rough = (chances: readonly number[]): number => (isCalm ? 0 : random.pick(chances));
  return {
    latencyMs: random.pick([0.5, 2, 5, 20, 60]),
    slowChance: random.pick([0, 0.01, 0.05]),
    failBeforeChance: rough([0, 0.01, 0.03, 0.08]),
    failAfterChance: rough([0, 0.01, 0.03, 0.08]),
    failLateChance: rough([0, 0, 0.01, 0.03]),
    duplicateChance: rough([0, 0.02, 0.1, 0.3]),
    delayChance: rough([0, 0.05, 0.2]),
    crashChance: rough([0, 0.001, 0.004, 0.015, 0.04]),
    crashesMax: 6,
    stallChance: rough([0, 0.001, 0.004, 0.015, 0.05]),
    stallsMax: random.pick([2, 4, 12]),
    drainChance: rough([0, 0, 0.002, 0.01]),
    drainsMax: 10,
    outages: isCalm || random.chance(0.7) ? [] : [outage(random)],
  };
}

function outage(random: Random): { readonly fromMs: number; readonly toMs: number } {
  const fromMs = random.logarithmic(50, 30_000);
  return { fromMs, toMs: fromMs + random.logarithmic(1_000, 120_000) };
}

/** Draws the faults of one simulation, until they are switched off. */
export class Faults {
  readonly plan: FaultPlan;
  readonly #random: Random;
  #isOn = true;
  #crashes = 0;
  #stalls = 0;
  #drains = 0;

  constructor(plan: FaultPlan, random: Random) {
    this.plan = plan;
    this.#random = random;
  }

  stop(): void {
    this.#isOn = false;
  }

  latencyMs(): number {
    const { latencyMs, slowChance } = this.plan;
    const isSlow = this.#isOn && this.#random.chance(slowChance);
    return this.#random.exponential(latencyMs) * (isSlow ? 100 : 1);
  }

  ofRequest(elapsedMs: number): RequestFault {
    if (!this.#isOn) return "none";
    const { plan } = this;
    if (plan.outages.some((one) => elapsedMs >= one.fromMs && elapsedMs < one.toMs)) {
      return this.#random.chance(0.95) ? this.#random.pick(["before", "after"]) : "none";
    }
    const draw = this.#random.next();
    if (draw < plan.failBeforeChance) return "before";
    if (draw < plan.failBeforeChance + plan.failAfterChance) return "after";
    return draw < plan.failBeforeChance + plan.failAfterChance + plan.failLateChance ? "late" : "none";
  }

  isDuplicated(): boolean {
    return this.#isOn && this.#random.chance(this.plan.duplicateChance);
  }

  /** How much later than asked a message comes. */
  delayMs(): number {
    if (!this.#isOn || !this.#random.chance(this.plan.delayChance)) return 0;
    return this.#random.logarithmic(1, 20_000);
  }

  /** What befalls a process at this step. */
  ofStep(): "none" | "crash" | "stall" | "drain" {
    if (!this.#isOn) return "none";
    const { crashChance, crashesMax, stallChance, stallsMax, drainChance, drainsMax } = this.plan;
    const draw = this.#random.next();
    if (draw < crashChance && this.#crashes < crashesMax) {
      this.#crashes += 1;
      return "crash";
    }
    if (draw >= crashChance && draw < crashChance + stallChance && this.#stalls < stallsMax) {
      this.#stalls += 1;
      return "stall";
    }
    if (draw > 1 - drainChance && this.#drains < drainsMax) {
      this.#drains += 1;
      return "drain";
    }
    return "none";
  }
}
