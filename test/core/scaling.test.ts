import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FleetPolicy } from "../../sdk/core/reuse-policy.ts";
import {
  decideScaling,
  type FleetReplica,
  type FleetView,
  type ScalingDecision,
} from "../../sdk/core/scaling.ts";

const nowMs = 10_000_000;

const base: FleetPolicy = {
  replicasMin: 1,
  replicasMax: 4,
  concurrency: 2,
  idleTtlMs: 60_000,
  scaledownTtlMs: 10_000,
  scope: "global",
};

/** A view of a fleet that has work now, unless `lastActivityMs` says otherwise. */
function viewOf(given: Partial<FleetView> & { readonly with?: Partial<FleetPolicy> }): FleetView {
  const { with: changes, ...view } = given;
  return { nowMs, policy: { ...base, ...changes }, backlog: 0, replicas: [], lastActivityMs: nowMs, ...view };
}

const idle = (id: string, idleMs: number): FleetReplica => ({
  id,
  state: "ready",
  busy: 0,
  idleSinceMs: nowMs - idleMs,
});
const working = (id: string, busy: number): FleetReplica => ({ id, state: "ready", busy, idleSinceMs: null });
const starting = (id: string): FleetReplica => ({ id, state: "starting", busy: 0, idleSinceMs: null });
const draining = (id: string, busy: number): FleetReplica => ({
  id,
  state: "draining",
  busy,
  idleSinceMs: null,
});

const policies: fc.Arbitrary<FleetPolicy> = fc
  .record({
    bounds: fc.tuple(fc.nat(6), fc.integer({ min: 1, max: 6 })),
    concurrency: fc.integer({ min: 1, max: 4 }),
    idleTtlMs: fc.integer({ min: 1_000, max: 60_000 }),
    scaledownTtlMs: fc.integer({ min: 1_000, max: 60_000 }),
  })
  .map(({ bounds, ...rest }) => ({
    replicasMin: Math.min(...bounds),
    replicasMax: Math.max(...bounds),
    scope: "global",
    ...rest,
  }));

/**
 * More replicas than a policy allows are possible too, since a policy may have been lowered while they ran; and so are
 * an idle time of a replica that holds actions again, or is not ready yet: a view is put together from several reads.
 */
const fleets: fc.Arbitrary<readonly FleetReplica[]> = fc
  .array(
    fc.record({
      state: fc.constantFrom("starting", "ready", "ready", "draining"),
      busy: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 9 })),
      idleSinceMs: fc.oneof(
        { weight: 4, arbitrary: fc.nat(90_000).map((agoMs) => nowMs - agoMs) },
        { weight: 1, arbitrary: fc.constant(null) },
      ),
    }),
    { maxLength: 8 },
  )
  .map((replicas) => replicas.map((replica, index) => ({ id: `r${index}`, ...replica })));

const views: fc.Arbitrary<FleetView> = fc
  .record({
    policy: policies,
    backlog: fc.oneof(fc.constant(0), fc.nat(30)),
    replicas: fleets,
    lastActivityMs: fc.oneof(
      fc.nat(90_000).map((agoMs) => nowMs - agoMs),
      fc.constant(Number.NEGATIVE_INFINITY),
    ),
  })
  .map((view) => ({ nowMs, ...view }));

const liveIn = (view: FleetView) => view.replicas.filter((replica) => replica.state !== "draining");
const hasWork = (view: FleetView) => view.backlog > 0 || view.replicas.some((replica) => replica.busy > 0);
const isIdleLong = (view: FleetView, { state, busy, idleSinceMs }: FleetReplica) =>
  state === "ready" &&
  busy === 0 &&
  idleSinceMs !== null &&
  nowMs - idleSinceMs >= view.policy.scaledownTtlMs;
const isCold = (view: FleetView) => !hasWork(view) && nowMs - view.lastActivityMs >= view.policy.idleTtlMs;

/** Slots that messages of the backlog can take, once `start` more replicas are up. */
function freeSlots(view: FleetView, decision: ScalingDecision): number {
  const { concurrency } = view.policy;
  const staying = liveIn(view).filter((replica) => !decision.drain.includes(replica.id));
  const free = staying.reduce((sum, replica) => sum + Math.max(0, concurrency - replica.busy), 0);
  return free + decision.start * concurrency;
}

/** The view of the same moment with the decision carried out. */
function carriedOut(view: FleetView, decision: ScalingDecision): FleetView {
  const started = Array.from({ length: decision.start }, (_, index) => starting(`new${index}`));
  const kept = view.replicas.map((replica) =>
    decision.drain.includes(replica.id) ? { ...replica, state: "draining" as const } : replica,
  );
  return { ...view, replicas: [...kept, ...started] };
}

function holdsAlways(rule: (view: FleetView, decision: ScalingDecision) => void): void {
  fc.assert(
    fc.property(views, (view) => rule(view, decideScaling(view))),
    { numRuns: 1_000 },
  );
}

describe("every decision", () => {
  it("S1: starts nothing that brings the fleet over max, draining replicas included", () => {
    holdsAlways((view, { start }) => {
      const room = Math.max(0, view.policy.replicasMax - view.replicas.length);
      expect(start).toBeGreaterThanOrEqual(0);
      expect(start).toBeLessThanOrEqual(room);
    });
  });

  it("S2: drains only live replicas that hold nothing, each once", () => {
    holdsAlways((view, { drain }) => {
      const free = liveIn(view).filter((replica) => replica.busy === 0);
      expect(free.map((replica) => replica.id)).toEqual(expect.arrayContaining([...drain]));
      expect(new Set(drain).size).toBe(drain.length);
    });
  });

  it("S3: gives a warm fleet its minimum, and a slot to each message, unless it is full", () => {
    holdsAlways((view, decision) => {
      if (isCold(view)) return;
      const after = carriedOut(view, decision);
      if (after.replicas.length >= view.policy.replicasMax) return;
      expect(liveIn(after).filter((replica) => replica.state !== "draining").length).toBeGreaterThanOrEqual(
        view.policy.replicasMin,
      );
      expect(freeSlots(view, decision)).toBeGreaterThanOrEqual(view.backlog);
    });
  });

  it("S3: starts no replica that neither the minimum nor a message asks for", () => {
    holdsAlways((view, decision) => {
      if (decision.start === 0) return;
      const oneLess = { ...decision, start: decision.start - 1 };
      const tooFewReplicas = liveIn(view).length + oneLess.start < view.policy.replicasMin;
      // Slots beyond a replica's concurrency do not exist, so parked actions leave none free and ask for none.
      expect(tooFewReplicas || freeSlots(view, oneLess) < view.backlog).toBe(true);
    });
  });

  it("S4: drains all of a cold fleet, the minimum too, and starts nothing in it", () => {
    holdsAlways((view, decision) => {
      if (!isCold(view)) return;
      expect(decision.start).toBe(0);
      expect(decision.drain.toSorted()).toEqual(liveIn(view).map((replica) => replica.id));
    });
  });

  it("S5: drains from a warm fleet only what was idle for scaledownTtl, the longest idle first", () => {
    holdsAlways((view, { drain }) => {
      if (isCold(view)) return;
      const long = liveIn(view).filter((replica) => isIdleLong(view, replica));
      const idleSinceMs = (id: string) =>
        view.replicas.find((replica) => replica.id === id)?.idleSinceMs ?? 0;
      expect(long.map((replica) => replica.id)).toEqual(expect.arrayContaining([...drain]));
      const spared = long.filter((replica) => !drain.includes(replica.id));
      for (const id of drain) {
        for (const replica of spared) expect(idleSinceMs(id)).toBeLessThanOrEqual(replica.idleSinceMs ?? 0);
      }
    });
  });

  it("S5: never drains a warm fleet below its minimum, nor below the slots its backlog needs", () => {
    holdsAlways((view, decision) => {
      if (isCold(view) || decision.drain.length === 0) return;
      const left = liveIn(view).length - decision.drain.length;
      expect(left).toBeGreaterThanOrEqual(view.policy.replicasMin);
      if (left < view.policy.replicasMax)
        expect(freeSlots(view, decision)).toBeGreaterThanOrEqual(view.backlog);
    });
  });

  it("S5: leaves no replica above the need that has been idle for scaledownTtl", () => {
    holdsAlways((view, decision) => {
      const left = liveIn(carriedOut(view, decision));
      const surplusIsNeeded = left
        .filter((replica) => isIdleLong(view, replica))
        .every((replica) => {
          const without = { ...decision, drain: [...decision.drain, replica.id] };
          return left.length <= view.policy.replicasMin || freeSlots(view, without) < view.backlog;
        });
      expect(surplusIsNeeded).toBe(true);
    });
  });

  it("S6: does not both start and drain", () => {
    holdsAlways((_, { start, drain }) => {
      expect(start === 0 || drain.length === 0).toBe(true);
    });
  });

  it("S7: leaves nothing to do once it is carried out", () => {
    holdsAlways((view, decision) => {
      expect(decideScaling(carriedOut(view, decision))).toEqual({ start: 0, drain: [] });
    });
  });

  it("S8: is the same in whatever order the replicas are listed", () => {
    fc.assert(
      fc.property(views, fc.infiniteStream(fc.nat()), (view, keys) => {
        const shuffled = view.replicas
          .map((replica) => ({ replica, key: keys.next().value ?? 0 }))
          .toSorted((a, b) => a.key - b.key)
          .map(({ replica }) => replica);
        expect(decideScaling({ ...view, replicas: shuffled })).toEqual(decideScaling(view));
      }),
    );
  });
});

describe("decideScaling", () => {
  it.each<[string, FleetView, ScalingDecision]>([
    [
      "a fleet that never had work stays at zero",
      viewOf({ lastActivityMs: Number.NEGATIVE_INFINITY }),
      { start: 0, drain: [] },
    ],
    [
      "the first message starts the minimum",
      viewOf({ backlog: 1, with: { replicasMin: 3 } }),
      { start: 3, drain: [] },
    ],
    ["a backlog starts as many as it needs", viewOf({ backlog: 5 }), { start: 3, drain: [] }],
    ["a backlog starts no more than the maximum", viewOf({ backlog: 500 }), { start: 4, drain: [] }],
    [
      "free slots and starting replicas are used before new ones",
      viewOf({ backlog: 3, replicas: [working("a", 1), starting("b")] }),
      { start: 0, drain: [] },
    ],
    [
      "a parked action beyond the slots of its replica asks for no other replica",
      viewOf({ backlog: 1, replicas: [working("a", 40)] }),
      { start: 1, drain: [] },
    ],
    [
      "a draining replica is no capacity",
      viewOf({ backlog: 2, replicas: [draining("a", 0)] }),
      { start: 1, drain: [] },
    ],
    [
      "a draining replica takes up room until it has ended",
      viewOf({ backlog: 2, replicas: [draining("a", 1)], with: { replicasMax: 1 } }),
      { start: 0, drain: [] },
    ],
    [
      "what draining replicas still hold asks for no replica",
      viewOf({ replicas: [draining("a", 2), draining("b", 2)], with: { replicasMin: 0 } }),
      { start: 0, drain: [] },
    ],
    [
      "what a draining replica still holds keeps the fleet warm",
      viewOf({ replicas: [idle("a", 70_000), draining("b", 1)], lastActivityMs: nowMs - 70_000 }),
      { start: 0, drain: [] },
    ],
    [
      "an idle replica above the need stays until scaledownTtl",
      viewOf({ replicas: [working("a", 1), idle("b", 9_999)] }),
      { start: 0, drain: [] },
    ],
    [
      "an idle replica above the need goes at scaledownTtl",
      viewOf({ replicas: [working("a", 1), idle("b", 10_000)] }),
      { start: 0, drain: ["b"] },
    ],
    [
      "the longest idle goes first, and the minimum stays",
      viewOf({ replicas: [idle("a", 20_000), idle("b", 40_000), idle("c", 30_000)] }),
      { start: 0, drain: ["b", "c"] },
    ],
    [
      "the minimum stays just before idleTtl",
      viewOf({ replicas: [idle("a", 59_999)], lastActivityMs: nowMs - 59_999 }),
      { start: 0, drain: [] },
    ],
    [
      "the minimum goes at idleTtl",
      viewOf({ replicas: [idle("a", 60_000), starting("b")], lastActivityMs: nowMs - 60_000 }),
      { start: 0, drain: ["a", "b"] },
    ],
    [
      "a replica of the minimum that was lost is replaced while the fleet is warm",
      viewOf({ replicas: [idle("a", 1)], with: { replicasMin: 2 } }),
      { start: 1, drain: [] },
    ],
    [
      "with a minimum of zero a warm fleet without work keeps none beyond scaledownTtl",
      viewOf({ replicas: [idle("a", 10_000)], with: { replicasMin: 0 } }),
      { start: 0, drain: ["a"] },
    ],
    [
      "busy replicas over a maximum that was lowered are left to finish",
      viewOf({ backlog: 9, replicas: [working("a", 2), working("b", 2)], with: { replicasMax: 1 } }),
      { start: 0, drain: [] },
    ],
  ])("%s", (_, view, decision) => {
    expect(decideScaling(view)).toEqual(decision);
  });
});
