import { describe, expect, test } from "vitest";
import {
  formatBytes,
  formatClock,
  formatCount,
  formatDuration,
  formatRate,
  formatTable,
  plural,
} from "../../sdk/cli/format.ts";
import { RateMeter, remainingMs } from "../../sdk/cli/rate-meter.ts";

describe("a length of time", () => {
  test.for([
    [0, "0 ms"],
    [999, "999 ms"],
    [1_000, "1.0 s"],
    [9_949, "9.9 s"],
    [9_950, "10 s"],
    [59_499, "59 s"],
    [59_500, "1m 0s"],
    [90_500, "1m 31s"],
    [3_599_000, "59m 59s"],
    [3_600_000, "1h 0m"],
    [86_399_000, "1d 0h"],
    [90_000_000, "1d 1h"],
  ] as const)("of %d ms reads %s", ([ms, text]) => {
    expect(formatDuration(ms)).toBe(text);
  });

  test.for([
    [0, "0:00"],
    [-5, "0:00"],
    [59_999, "0:59"],
    [60_000, "1:00"],
    [3_661_000, "1:01:01"],
  ] as const)("of %d ms on a clock reads %s", ([ms, text]) => {
    expect(formatClock(ms)).toBe(text);
  });
});

describe("numbers", () => {
  test("sizes change their unit where the rounded number would reach a thousand", () => {
    expect([0, 999, 1_000, 12_400_000, 999_960, 2e12].map(formatBytes)).toEqual([
      "0 B",
      "999 B",
      "1 KB",
      "12.4 MB",
      "1 MB",
      "2 TB",
    ]);
  });

  test("rates under one a second are told by the minute", () => {
    expect([1_234, 100, 7.62, 1, 0.25, 0.05].map(formatRate)).toEqual([
      "1,234/s",
      "100/s",
      "7.6/s",
      "1.0/s",
      "15/min",
      "3/min",
    ]);
  });

  test("counts have separators, and one of something is no plural", () => {
    expect(formatCount(1_000_000)).toBe("1,000,000");
    expect([plural(1, "action"), plural(0, "action"), plural(2_000, "action")]).toEqual([
      "1 action",
      "0 actions",
      "2,000 actions",
    ]);
  });

  test("a table's columns are as wide as their widest cell, and lines end without blanks", () => {
    const rows = [
      ["A", "BB", "C"],
      ["aaa", "b", ""],
    ];
    expect(formatTable(rows)).toBe("A    BB  C\naaa  b");
  });
});

describe("the rate meter", () => {
  test("tells nothing before a second has passed", () => {
    const meter = new RateMeter();
    meter.add(0, 0);
    meter.add(50, 999);
    expect(meter.perSecond).toBeNull();
    meter.add(50, 1_000);
    expect(meter.perSecond).toBe(50);
  });

  test("counts nothing of what was done before the first look", () => {
    const meter = new RateMeter();
    meter.add(10_000, 0);
    meter.add(10_010, 2_000);
    expect(meter.perSecond).toBe(5);
  });

  test("forgets what is older than its window", () => {
    const meter = new RateMeter(10_000);
    meter.add(0, 0);
    meter.add(1_000, 1_000);
    for (let second = 2; second <= 20; second += 1) meter.add(1_000 + second, second * 1_000);
    expect(meter.perSecond).toBe(1);
  });

  test("the rest takes no time where nothing is left, and cannot be told without a rate", () => {
    expect(remainingMs(0, null)).toBe(0);
    expect(remainingMs(5, null)).toBeNull();
    expect(remainingMs(5, 0)).toBeNull();
    expect(remainingMs(5, 2)).toBe(2_500);
  });
});
