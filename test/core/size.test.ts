import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PolicyError } from "../../sdk/core/errors.ts";
import { formatSize, sizeBytes, sizeBytesMax } from "../../sdk/core/size.ts";

describe("sizeBytes", () => {
  it.each([
    ["0B", 0],
    ["17B", 17],
    ["64KB", 64_000],
    ["10MB", 10_000_000],
    ["3GB", 3_000_000_000],
    ["1TB", 1_000_000_000_000],
    ["1Ki", 1_024],
    ["512Mi", 536_870_912],
    ["512MiB", 536_870_912],
    ["2Gi", 2_147_483_648],
    ["1.5Gi", 1_610_612_736],
    ["1024Ti", sizeBytesMax],
    [0, 0],
    [10_485_760, 10_485_760],
  ])("%s is %d bytes", (size, bytes) => {
    expect(sizeBytes(size, "memory")).toBe(bytes);
  });

  it("any text is either refused with a PolicyError or a whole number within the limits", () => {
    const nearSizes = fc
      .tuple(fc.double().map(String), fc.constantFrom("B", "MB", "Mi", "GiB", "M", "mi", "", " MB"))
      .map(([digits, unit]) => digits + unit);
    fc.assert(
      fc.property(fc.oneof(fc.string(), nearSizes, fc.double()), (size) => {
        try {
          const bytes = sizeBytes(size, "memory");
          expect(Number.isInteger(bytes) && bytes >= 0 && bytes <= sizeBytesMax).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(PolicyError);
        }
      }),
    );
  });

  it.each([
    "",
    "Mi",
    "-1Mi",
    "1 Mi",
    "1PB",
    "1e3MB",
    "1constructor",
    "lots",
    "2048Ti",
    -1,
    0.5,
    Number.NaN,
    2 ** 51,
    null,
    {},
  ])("%j is refused", (size) => {
    expect(() => sizeBytes(size as string, "memory")).toThrow(PolicyError);
  });

  it.each([
    ["512", '"512Mi"'],
    ["1constructor", "Write a number and a unit"],
    ["512M", '"512Mi" (units of 1024) or "512MB" (units of 1000)'],
    ["10mb", '"10Mi" (units of 1024) or "10MB" (units of 1000)'],
    ["2 GB", '"2Gi" (units of 1024) or "2GB" (units of 1000)'],
  ])("%s is refused with the spelling to use instead", (size, advice) => {
    expect(() => sizeBytes(size, "memory")).toThrow(advice);
  });

  it("a size outside the caller's bounds is refused, with the bounds", () => {
    const bounds = { minBytes: 2 ** 20, maxBytes: 2 ** 31 };
    expect(() => sizeBytes("1Ki", "memory", bounds)).toThrow(/from "1Mi" to "2Gi".*larger/s);
    expect(() => sizeBytes("3Gi", "memory", bounds)).toThrow(/from "1Mi" to "2Gi".*smaller/s);
    expect(sizeBytes("2Gi", "memory", bounds)).toBe(2 ** 31);
  });
});

describe("formatSize", () => {
  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1_000, "1 KB"],
    [12_400_000, "12.4 MB"],
    [10_485_760, "10.5 MB"],
    [999_949, "999.9 KB"],
    [999_999, "1 MB"],
    [2_147_483_648, "2.1 GB"],
    [5e12, "5 TB"],
    [2 ** 50, "1125.9 TB"],
  ])("%d bytes are shown as %s", (bytes, text) => {
    expect(formatSize(bytes)).toBe(text);
  });

  it("what is shown reads back to within 5 % of the size", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: sizeBytesMax }), (bytes) => {
        const shown = sizeBytes(formatSize(bytes).replace(" ", ""), "size", { maxBytes: 2 * sizeBytesMax });
        expect(Math.abs(shown - bytes)).toBeLessThanOrEqual(bytes * 0.05);
      }),
    );
  });
});
