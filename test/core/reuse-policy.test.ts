import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Duration } from "../../sdk/core/duration.ts";
import { PolicyError } from "../../sdk/core/errors.ts";
import {
  concurrencyMax,
  normaliseReusePolicy,
  type ReusePolicy,
  replicasMax,
} from "../../sdk/core/reuse-policy.ts";

const owner = 'environment "scoring"';

describe("normaliseReusePolicy", () => {
  it("an empty policy is two replicas that run one action each and stay 30 seconds", () => {
    expect(normaliseReusePolicy({}, owner)).toEqual({
      replicasMin: 2,
      replicasMax: 2,
      concurrency: 1,
      idleTtlMs: 30_000,
      scaledownTtlMs: 30_000,
      scope: "global",
    });
  });

  it("every field that is given replaces its default", () => {
    const policy: ReusePolicy = {
      replicas: [3, 10],
      concurrency: 5,
      idleTtl: "5m",
      scaledownTtl: "1m",
      scope: "run",
    };
    expect(normaliseReusePolicy(policy, owner)).toEqual({
      replicasMin: 3,
      replicasMax: 10,
      concurrency: 5,
      idleTtlMs: 300_000,
      scaledownTtlMs: 60_000,
      scope: "run",
    });
  });

  it("a single number of replicas is both the minimum and the maximum", () => {
    expect(normaliseReusePolicy({ replicas: 4 }, owner)).toMatchObject({ replicasMin: 4, replicasMax: 4 });
  });

  it("a minimum of no replicas is accepted", () => {
    expect(normaliseReusePolicy({ replicas: [0, 1] }, owner)).toMatchObject({
      replicasMin: 0,
      replicasMax: 1,
    });
  });

  it("every valid policy is accepted, and its numbers are kept", () => {
    const policies = fc.record({
      pair: fc.tuple(fc.nat(replicasMax), fc.integer({ min: 1, max: replicasMax })),
      concurrency: fc.integer({ min: 1, max: concurrencyMax }),
      seconds: fc.integer({ min: 1, max: 86_400 }),
    });
    fc.assert(
      fc.property(policies, ({ pair, concurrency, seconds }) => {
        const [min, max] = [Math.min(...pair), Math.max(...pair)];
        const ttl: Duration = `${seconds}s`;
        const policy = { replicas: [min, max], concurrency, idleTtl: ttl, scaledownTtl: ttl } as const;
        expect(normaliseReusePolicy(policy, owner)).toEqual({
          replicasMin: min,
          replicasMax: max,
          concurrency,
          idleTtlMs: seconds * 1_000,
          scaledownTtlMs: seconds * 1_000,
          scope: "global",
        });
      }),
    );
  });

  it.each([
    ["no replicas", { replicas: 0 }],
    ["negative replicas", { replicas: -1 }],
    ["half a replica", { replicas: 1.5 }],
    ["replicas beyond the limit", { replicas: replicasMax + 1 }],
    ["replicas that are no number", { replicas: "2" }],
    ["null replicas", { replicas: null }],
    ["a maximum of no replicas", { replicas: [0, 0] }],
    ["a negative minimum", { replicas: [-1, 2] }],
    ["a fractional maximum", { replicas: [1, 2.5] }],
    ["a minimum above the maximum", { replicas: [5, 2] }],
    ["a pair with one number", { replicas: [5] }],
    ["a pair with three numbers", { replicas: [1, 2, 3] }],
    ["no concurrency", { concurrency: 0 }],
    ["fractional concurrency", { concurrency: 0.5 }],
    ["concurrency that is NaN", { concurrency: Number.NaN }],
    ["concurrency beyond the limit", { concurrency: concurrencyMax + 1 }],
    ["an idleTtl without a unit", { idleTtl: 30 }],
    ["an idleTtl under a second", { idleTtl: "999ms" }],
    ["a scaledownTtl of nothing", { scaledownTtl: "0s" }],
    ["a scaledownTtl of two years", { scaledownTtl: "730d" }],
    ["an unknown scope", { scope: "project" }],
    ["an unknown field", { replica: 3 }],
  ])("%s is refused, with the owner's name", (_, policy) => {
    const normalise = () => normaliseReusePolicy(policy as unknown as ReusePolicy, owner);
    expect(normalise).toThrow(PolicyError);
    expect(normalise).toThrow(/environment "scoring"/);
  });

  it("each refusal shows the way out", () => {
    expect(() => normaliseReusePolicy({ replicas: 0 }, owner)).toThrow(/\[0, 1\]/);
    expect(() => normaliseReusePolicy({ replicas: [5, 2] }, owner)).toThrow(/Did you mean \[2, 5\]\?/);
    expect(() => normaliseReusePolicy({ idle_ttl: "5m" } as ReusePolicy, owner)).toThrow(
      /Did you mean "idleTtl"\?/,
    );
  });

  it.each([null, undefined, 3, "2", [1, 2], true])("%j instead of a policy is refused", (policy) => {
    expect(() => normaliseReusePolicy(policy as unknown as ReusePolicy, owner)).toThrow(PolicyError);
  });
});
