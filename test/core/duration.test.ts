import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { durationMs, durationMsMax } from "../../sdk/core/duration.ts";
import { PolicyError } from "../../sdk/core/errors.ts";

describe("durationMs", () => {
  it.each([
    ["0s", 0],
    ["250ms", 250],
    ["30s", 30_000],
    ["5m", 300_000],
    ["6h", 21_600_000],
    ["1.5h", 5_400_000],
    ["2d", 172_800_000],
    ["366d", durationMsMax],
    ["0.1s", 100],
    ["1.1s", 1_100],
  ])("%s is %d ms", (text, ms) => {
    expect(durationMs(text, "timeout")).toBe(ms);
  });

  it("a whole number of each unit is exactly that many milliseconds", () => {
    const units = [
      ["ms", 1],
      ["s", 1_000],
      ["m", 60_000],
      ["h", 3_600_000],
      ["d", 86_400_000],
    ] as const;
    fc.assert(
      fc.property(fc.nat(366), fc.constantFrom(...units), (count, [unit, unitMs]) => {
        expect(durationMs(`${count}${unit}`, "timeout")).toBe(count * unitMs);
      }),
    );
  });

  it("any text is either refused with a PolicyError or a whole number within the limits", () => {
    const nearDurations = fc
      .tuple(fc.double().map(String), fc.constantFrom("ms", "s", "m", "h", "d", "", " s", "S", "y"))
      .map(([digits, unit]) => digits + unit);
    fc.assert(
      fc.property(fc.oneof(fc.string(), nearDurations), (text) => {
        try {
          const ms = durationMs(text, "timeout");
          expect(Number.isInteger(ms) && ms >= 0 && ms <= durationMsMax).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(PolicyError);
        }
      }),
    );
  });

  it.each([
    "",
    "s",
    "30",
    "-5s",
    "+5s",
    "1e3s",
    ".5s",
    "5.s",
    "30 s",
    " 30s",
    "30s\n",
    "30S",
    "5min",
    "1m30s",
    "NaNs",
    "Infinitys",
  ])("%j is refused", (text) => {
    expect(() => durationMs(text, "timeout")).toThrow(PolicyError);
  });

  it.each([30, 0, -1, Number.NaN, Number.POSITIVE_INFINITY, null, undefined, true, {}, ["30s"]])(
    "%s, which is no string, is refused",
    (value) => {
      expect(() => durationMs(value as unknown as string, "timeout")).toThrow(PolicyError);
    },
  );

  it.each([30, "30"])("a bare number (%j) is refused with both spellings it may have meant", (value) => {
    expect(() => durationMs(value as string, "timeout")).toThrow(
      /"30s" for seconds, or "30ms" for milliseconds/,
    );
  });

  it("more than 366 days is refused, and so is anything outside the caller's bounds", () => {
    const bounds = { minMs: 1_000, maxMs: 90_000 };
    expect(() => durationMs("367d", "timeout")).toThrow(/"366d".*shorter/s);
    expect(() => durationMs(`${"9".repeat(400)}d`, "timeout")).toThrow(PolicyError);
    expect(() => durationMs("999ms", "idleTtl", bounds)).toThrow(/from "1s" to "90s".*longer/s);
    expect(() => durationMs("2m", "idleTtl", bounds)).toThrow(/from "1s" to "90s".*shorter/s);
    expect(durationMs("1s", "idleTtl", bounds)).toBe(1_000);
    expect(durationMs("90s", "idleTtl", bounds)).toBe(90_000);
  });

  it("the error names the owner and the value", () => {
    expect(() => durationMs("soon", 'idleTtl of environment "scoring"')).toThrow(
      /idleTtl of environment "scoring".*soon/s,
    );
  });
});
