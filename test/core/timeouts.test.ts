import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PolicyError } from "../../sdk/core/errors.ts";
import { normaliseTimeout, type Timeout, type TimeoutPolicy } from "../../sdk/core/timeouts.ts";

const owner = 'task "scoring.score"';
const unlimited: TimeoutPolicy = { maxRuntimeMs: null, maxQueuedMs: null, deadlineMs: null };

describe("normaliseTimeout", () => {
  it.each<[Timeout | undefined, Partial<TimeoutPolicy>]>([
    [undefined, {}],
    [{}, {}],
    ["10m", { maxRuntimeMs: 600_000 }],
    [{ maxRuntime: "10m" }, { maxRuntimeMs: 600_000 }],
    [{ maxQueuedTime: "1h" }, { maxQueuedMs: 3_600_000 }],
    [{ deadline: "1d" }, { deadlineMs: 86_400_000 }],
    [
      { maxRuntime: "10m", maxQueuedTime: "1h", deadline: "6h" },
      { maxRuntimeMs: 600_000, maxQueuedMs: 3_600_000, deadlineMs: 21_600_000 },
    ],
  ])("%j is read, and what is left out has no limit", (timeout, policy) => {
    expect(normaliseTimeout(timeout, owner)).toEqual({ ...unlimited, ...policy });
  });

  it("a bare duration means the same as maxRuntime", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 86_400 }), (seconds) => {
        const viaField = normaliseTimeout({ maxRuntime: `${seconds}s` }, owner);
        expect(normaliseTimeout(`${seconds}s`, owner)).toEqual(viaField);
      }),
    );
  });

  it.each([
    ["a number", 600],
    ["a text that is no duration", "soon"],
    ["no time at all", "0s"],
    ["a limit of nothing", { deadline: "0s" }],
    ["a limit without a unit", { maxRuntime: 600 }],
    ["a null limit", { maxRuntime: null }],
    ["an unknown field", { maxRuntimeMs: 600_000 }],
    ["null", null],
    ["a list", ["10m"]],
  ])("%s is refused, with the owner's name", (_, timeout) => {
    const normalise = () => normaliseTimeout(timeout as unknown as Timeout, owner);
    expect(normalise).toThrow(PolicyError);
    expect(normalise).toThrow(/task "scoring\.score"/);
  });

  it("a limit of nothing is refused with the way to have no limit", () => {
    expect(() => normaliseTimeout("0s", owner)).toThrow(/Leave it out for no limit/);
  });
});
