import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FleetPolicy } from "../../sdk/core/reuse-policy.ts";
import { decideScaling, type FleetReplica } from "../../sdk/core/scaling.ts";

interface Scenario {
  readonly policy: FleetPolicy;
  /** Messages that arrive at each second; none afterwards. */
  readonly arrivals: readonly number[];
  readonly startupTicks: number;
  readonly actionTicks: number;
}

interface Replica {
  readonly id: string;
  state: FleetReplica["state"];
  readonly readyAt: number;
  /** The tick at which each held action ends. */
  held: number[];
  idleSince: number | null;
}

/** A fleet in steps of one second: what a backend does with the decisions, and nothing more. */
class Fleet {
  readonly scenario: Scenario;
  tick = 0;
  backlog = 0;
  ended = 0;
  started = 0;
  lastActivity = Number.NEGATIVE_INFINITY;
  replicas: Replica[] = [];

  constructor(scenario: Scenario) {
    this.scenario = scenario;
  }

  get hasWork(): boolean {
    return this.backlog > 0 || this.replicas.some((replica) => replica.held.length > 0);
  }

  step(): void {
    this.backlog += this.scenario.arrivals[this.tick] ?? 0;
    for (const replica of this.replicas) this.stepReplica(replica);
    this.replicas = this.replicas.filter(({ state, held }) => state !== "draining" || held.length > 0);
    if (this.hasWork) this.lastActivity = this.tick;
    this.scale();
    this.tick += 1;
  }

  stepReplica(replica: Replica): void {
    const running = replica.held.filter((endsAt) => endsAt > this.tick);
    this.ended += replica.held.length - running.length;
    if (replica.held.length > running.length) this.lastActivity = this.tick;
    replica.held = running;
    if (replica.state === "starting" && this.tick >= replica.readyAt) replica.state = "ready";
    while (
      replica.state === "ready" &&
      replica.held.length < this.scenario.policy.concurrency &&
      this.backlog > 0
    ) {
      this.backlog -= 1;
      replica.held.push(this.tick + this.scenario.actionTicks);
    }
    if (replica.held.length > 0 || replica.state === "starting") replica.idleSince = null;
    else replica.idleSince ??= this.tick;
  }

  scale(): void {
    const { policy, startupTicks } = this.scenario;
    const { start, drain } = decideScaling({
      nowMs: this.tick * 1_000,
      policy,
      backlog: this.backlog,
      lastActivityMs: this.lastActivity * 1_000,
      replicas: this.replicas.map(({ id, state, held, idleSince }) => {
        return { id, state, busy: held.length, idleSinceMs: idleSince === null ? null : idleSince * 1_000 };
      }),
    });
    for (const replica of this.replicas) if (drain.includes(replica.id)) replica.state = "draining";
    for (let count = 0; count < start; count++) {
      const [id, readyAt] = [`r${this.started}`, this.tick + startupTicks];
      this.replicas.push({ id, state: "starting", readyAt, held: [], idleSince: null });
      this.started += 1;
    }
  }
}

const scenarios: fc.Arbitrary<Scenario> = fc.record({
  policy: fc
    .record({
      bounds: fc.tuple(fc.nat(4), fc.integer({ min: 1, max: 4 })),
      concurrency: fc.integer({ min: 1, max: 3 }),
      idleTtlMs: fc.integer({ min: 1_000, max: 20_000 }),
      scaledownTtlMs: fc.integer({ min: 1_000, max: 20_000 }),
    })
    .map(({ bounds, ...rest }) => ({
      replicasMin: Math.min(...bounds),
      replicasMax: Math.max(...bounds),
      scope: "global" as const,
      ...rest,
    })),
  arrivals: fc.array(fc.oneof(fc.constant(0), fc.nat(6)), { maxLength: 40 }),
  startupTicks: fc.nat(8),
  actionTicks: fc.integer({ min: 1, max: 6 }),
});

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

describe("a fleet that does what it is told", () => {
  it("is never larger than its maximum", () => {
    fc.assert(
      fc.property(scenarios, (scenario) => {
        const fleet = new Fleet(scenario);
        while (fleet.tick < 60) {
          fleet.step();
          expect(fleet.replicas.length).toBeLessThanOrEqual(scenario.policy.replicasMax);
        }
      }),
    );
  });

  it("ends all work, as fast as one replica would at least", () => {
    fc.assert(
      fc.property(scenarios, (scenario) => {
        const fleet = new Fleet(scenario);
        const { arrivals, startupTicks, actionTicks } = scenario;
        const total = sum(arrivals);
        const ticksMax = arrivals.length + (total + 1) * (startupTicks + actionTicks + 2);
        while (fleet.tick < ticksMax && fleet.ended < total) fleet.step();
        expect(fleet.ended).toBe(total);
      }),
    );
  });

  it("keeps its minimum as long as it is warm, and is at zero soon after", () => {
    fc.assert(
      fc.property(scenarios, (scenario) => {
        const { policy, arrivals } = scenario;
        const fleet = new Fleet(scenario);
        const idleTicks = Math.ceil(policy.idleTtlMs / 1_000);
        while (fleet.tick < arrivals.length || fleet.hasWork) {
          fleet.step();
          const isWarm = (fleet.tick - 1 - fleet.lastActivity) * 1_000 < policy.idleTtlMs;
          const live = fleet.replicas.filter((replica) => replica.state !== "draining").length;
          const room = policy.replicasMax - fleet.replicas.length;
          if (isWarm) expect(live >= policy.replicasMin || room === 0).toBe(true);
        }
        for (let tick = 0; tick <= idleTicks + 1; tick++) fleet.step();
        expect(fleet.replicas).toEqual([]);
        const { started } = fleet;
        for (let tick = 0; tick < 50; tick++) fleet.step();
        expect(fleet.started).toBe(started);
      }),
    );
  });

  it("does not flap: under a steady load it starts each replica once and drains none", () => {
    const steady = fc.record({
      perTick: fc.integer({ min: 1, max: 6 }),
      startupTicks: fc.nat(8),
      actionTicks: fc.integer({ min: 1, max: 6 }),
      concurrency: fc.integer({ min: 1, max: 3 }),
    });
    fc.assert(
      fc.property(steady, ({ perTick, startupTicks, actionTicks, concurrency }) => {
        const policy: FleetPolicy = {
          replicasMin: 1,
          replicasMax: 100,
          concurrency,
          idleTtlMs: 30_000,
          scaledownTtlMs: 10_000,
          scope: "global",
        };
        const fleet = new Fleet({ policy, startupTicks, actionTicks, arrivals: Array(300).fill(perTick) });
        while (fleet.tick < 150) fleet.step();
        const { started } = fleet;
        const ids = fleet.replicas.map((replica) => replica.id);
        while (fleet.tick < 300) fleet.step();
        expect(fleet.started).toBe(started);
        expect(fleet.replicas.map((replica) => replica.id)).toEqual(ids);
      }),
    );
  });
});
