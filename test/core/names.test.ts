import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PolicyError } from "../../sdk/core/errors.ts";
import {
  checkEnvironmentName,
  checkRunName,
  checkTaskName,
  closestName,
  nameLengthMax,
} from "../../sdk/core/names.ts";

const longest = "a".repeat(nameLengthMax);
const tooLong = `${longest}a`;

describe("names", () => {
  it.each(["a", "7", "scoring", "batch-processor", "batch_processor", "a-b_c-1", longest])(
    "an environment may be called %s",
    (name) => {
      expect(checkEnvironmentName(name)).toBe(name);
    },
  );

  it.each(["", "-a", "a-", "a--b", "a_-b", "Batch", "a.b", "a b", "é", "a\n", tooLong])(
    "an environment may not be called %j",
    (name) => {
      expect(() => checkEnvironmentName(name)).toThrow(PolicyError);
    },
  );

  it.each(["a", "processBatch", "_private", "score_2", "kebab-case", longest])(
    "a task may be called %s",
    (name) => {
      expect(checkTaskName(name)).toBe(name);
    },
  );

  it.each(["", "2score", "-a", "$score", "env.score", "größe", "a b", tooLong])(
    "a task may not be called %j",
    (name) => {
      expect(() => checkTaskName(name)).toThrow(PolicyError);
    },
  );

  it.each(["a", "0", "nightly-2026-11-20", "a--b", longest])("a run may be called %s", (name) => {
    expect(checkRunName(name)).toBe(name);
  });

  it.each(["", "-a", "a-", "Nightly", "a_b", "a/b", "a:b", tooLong])("a run may not be called %j", (name) => {
    expect(() => checkRunName(name)).toThrow(PolicyError);
  });

  it.each([undefined, null, 7, {}, ["a"]])("%s is no name", (value) => {
    for (const check of [checkEnvironmentName, checkTaskName, checkRunName]) {
      expect(() => check(value as unknown as string)).toThrow(PolicyError);
    }
  });

  it("the error names the value, the limit and a name that is allowed", () => {
    expect(() => checkEnvironmentName("batchProcessor v2")).toThrow(
      /batchProcessor v2.*63.*batch-processor-v2/s,
    );
    expect(() => checkRunName(`${"a".repeat(62)} b`)).toThrow(`Take "${"a".repeat(62)}"`);
    expect(() => checkRunName("__")).toThrow(/"nightly-scores"/);
    expect(() => checkTaskName("")).toThrow(/without a name/);
  });

  it("the name that a refusal suggests is accepted", () => {
    const names = fc.oneof(fc.string({ maxLength: 200 }), fc.stringMatching(/^[A-Za-z0-9 _.-]{1,200}$/));
    fc.assert(
      fc.property(names, fc.constantFrom(checkEnvironmentName, checkRunName), (name, check) => {
        try {
          check(name);
        } catch (error) {
          const [, suggestion] =
            /Take (?:a name such as )?"([^"]*)"[^"]*$/.exec((error as Error).message) ?? [];
          expect(check(suggestion ?? "")).toBe(suggestion);
        }
      }),
    );
  });
});

describe("closestName", () => {
  const fields = ["replicas", "concurrency", "idleTtl", "scaledownTtl", "scope"];

  it.each([
    ["replica", "replicas"],
    ["replcias", "replicas"],
    ["maxReplicas", "replicas"],
    ["idle_ttl", "idleTtl"],
    ["idleTTL", "idleTtl"],
    ["scaleDownTtl", "scaledownTtl"],
    ["concurency", "concurrency"],
    ["Scope", "scope"],
    ["image", null],
    ["", null],
    ["x", null],
  ])("%j is nearest to %j", (name, nearest) => {
    expect(closestName(name, fields)).toBe(nearest);
  });

  it("a name that differs in case only is nearer than any other", () => {
    expect(closestName("score", ["store", "SCORE", "scores"])).toBe("SCORE");
    expect(closestName("score", ["SCORE", "score"])).toBe("score");
  });

  it("of equally near names the first is taken", () => {
    expect(closestName("scope3", ["scope1", "scope2"])).toBe("scope1");
  });

  it("one-letter names are near to themselves only", () => {
    expect(closestName("a", ["b", "a"])).toBe("a");
    expect(closestName("a", ["b"])).toBe(null);
  });

  it("a known name is its own nearest, whatever else is known", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ maxLength: 20 }), { minLength: 1 }), fc.nat(), (known, pick) => {
        const name = known[pick % known.length] ?? "";
        expect(closestName(name, known)).toBe(name);
      }),
    );
  });

  it("one typing mistake in a name of four or more letters is always recognised", () => {
    const word = fc.stringMatching(/^[a-z]{4,20}$/);
    fc.assert(
      fc.property(
        word,
        fc.nat(),
        fc.constantFrom("drop", "double", "swap", "replace"),
        (name, pick, mistake) => {
          const at = pick % (name.length - 1);
          const [before, letter, next, after] = [
            name.slice(0, at),
            name[at],
            name[at + 1],
            name.slice(at + 2),
          ];
          const typed = {
            drop: before + next + after,
            double: before + letter + letter + next + after,
            swap: before + next + letter + after,
            replace: `${before}0${next}${after}`,
          }[mistake];
          expect(closestName(typed, [name])).toBe(name);
        },
      ),
    );
  });
});
