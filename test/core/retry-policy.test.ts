import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PolicyError } from "../../sdk/core/errors.ts";
import {
  backoffMs,
  normaliseRetries,
  type Retries,
  type RetryPolicy,
  retriesMax,
} from "../../sdk/core/retry-policy.ts";

const owner = 'task "scoring.score"';

const policies: fc.Arbitrary<RetryPolicy> = fc
  .record({
    count: fc.nat(retriesMax),
    baseMs: fc.nat(60_000),
    factor: fc.double({ min: 1, max: 100, noNaN: true }),
    extraMs: fc.nat(3_600_000),
  })
  .map(({ count, baseMs, factor, extraMs }) => ({ count, baseMs, factor, capMs: baseMs + extraMs }));

describe("normaliseRetries", () => {
  it("without retries an action has one attempt", () => {
    expect(normaliseRetries(undefined, owner).count).toBe(0);
  });

  it.each<[Retries, RetryPolicy]>([
    [3, { count: 3, baseMs: 500, factor: 2, capMs: 30_000 }],
    [{ count: 3 }, { count: 3, baseMs: 500, factor: 2, capMs: 30_000 }],
    [
      { count: 1, backoff: { base: "2s" } },
      { count: 1, baseMs: 2_000, factor: 1, capMs: 2_000 },
    ],
    [
      { count: 5, backoff: { base: "1s", factor: 3, cap: "1m" } },
      { count: 5, baseMs: 1_000, factor: 3, capMs: 60_000 },
    ],
    [
      { count: 5, backoff: { base: "0s" } },
      { count: 5, baseMs: 0, factor: 1, capMs: 0 },
    ],
  ])("%j is read", (retries, policy) => {
    expect(normaliseRetries(retries, owner)).toEqual(policy);
  });

  it.each([
    ["a negative count", -1],
    ["a fractional count", 1.5],
    ["a count that is NaN", Number.NaN],
    ["a count beyond the limit", retriesMax + 1],
    ["a count in quotes", "3"],
    ["null", null],
    ["an object without a count", {}],
    ["a backoff that is a number", { count: 1, backoff: 5 }],
    ["a backoff without a base", { count: 1, backoff: {} }],
    ["a base without a unit", { count: 1, backoff: { base: 500 } }],
    ["a factor below 1", { count: 1, backoff: { base: "1s", factor: 0.5 } }],
    ["a factor beyond the limit", { count: 1, backoff: { base: "1s", factor: 101, cap: "1m" } }],
    ["a factor that is NaN", { count: 1, backoff: { base: "1s", factor: Number.NaN, cap: "1m" } }],
    ["a growing wait without a cap", { count: 1, backoff: { base: "1s", factor: 2 } }],
    ["a cap below the base", { count: 1, backoff: { base: "2s", factor: 2, cap: "1s" } }],
    ["an unknown field", { count: 1, backof: { base: "1s" } }],
    ["an unknown field of the backoff", { count: 1, backoff: { base: "1s", max: "1m" } }],
  ])("%s is refused, with the owner's name", (_, retries) => {
    const normalise = () => normaliseRetries(retries as unknown as Retries, owner);
    expect(normalise).toThrow(PolicyError);
    expect(normalise).toThrow(/task "scoring\.score"/);
  });
});

describe("backoffMs", () => {
  it("the default waits double from half a second up to 30 seconds", () => {
    const policy = normaliseRetries(10, owner);
    const waitsMs = [1, 2, 3, 4, 5, 6, 7, 8].map((failed) => backoffMs(policy, failed));
    expect(waitsMs).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  });

  it("the first wait is the base", () => {
    fc.assert(
      fc.property(policies, (policy) => {
        expect(backoffMs(policy, 1)).toBe(policy.baseMs);
      }),
    );
  });

  it("no wait is shorter than the one before, longer than the cap, or a fraction", () => {
    fc.assert(
      fc.property(policies, fc.integer({ min: 1, max: 5_000 }), (policy, failed) => {
        const waitMs = backoffMs(policy, failed);
        expect(Number.isInteger(waitMs)).toBe(true);
        expect(waitMs).toBeLessThanOrEqual(policy.capMs);
        expect(waitMs).toBeLessThanOrEqual(backoffMs(policy, failed + 1));
      }),
    );
  });

  it("a growth that overflows ends at the cap", () => {
    expect(backoffMs({ count: 1_000, baseMs: 1, factor: 100, capMs: 60_000 }, 1_000)).toBe(60_000);
    expect(backoffMs({ count: 1_000, baseMs: 0, factor: 100, capMs: 60_000 }, 1_000)).toBe(0);
  });

  it.each([0, -1, 1.5, Number.NaN])("a wait after %d failures breaks an invariant", (failed) => {
    expect(() => backoffMs(normaliseRetries(3, owner), failed)).toThrow(/invariant/);
  });
});
