import { describe, expect, it } from "vitest";
import { MapFailedError, type MapOptions, map, PolicyError } from "../../sdk/index.ts";
import { any, aSeenBackend, driverOf, even, seen, slowly } from "./map-items.ts";

describe("map with a failure", () => {
  it("throws it, and ends the children that still run", async () => {
    const backend = aSeenBackend();
    const { error, listed } = await backend.run(driverOf(async () => await map(even, [40, 1, 60])));
    expect(error).toMatchObject({ name: "RangeError", message: "1 is odd" });
    const children = listed.filter((row) => row.name === "maps.even");
    expect(children.map((row) => row.status).sort()).toEqual(["aborted", "aborted", "failed"]);
  });

  it("ends them also when the driver goes on", async () => {
    const backend = aSeenBackend();
    const { output, listed } = await backend.run(
      driverOf(async () => {
        const failed = await map(even, [40, 1]).then(
          () => null,
          (error: unknown) => (error as Error).message,
        );
        return [failed, await any(50)];
      }),
    );
    expect(output).toEqual(["1 is odd", 500]);
    expect(
      listed
        .filter((row) => row.name === "maps.even")
        .map((row) => row.status)
        .sort(),
    ).toEqual(["aborted", "failed"]);
    expect(listed.find((row) => row.status === "aborted")?.error).toMatch(
      /its caller no longer waits for it/,
    );
  });

  it("starts no further items", async () => {
    const backend = aSeenBackend();
    await backend.run(driverOf(async () => await map(even, [1, 20, 2, 4, 6], { concurrency: 2 })));
    expect(seen.started.sort()).toEqual([1, 20]);
  });

  it("gives every item its outcome when told to return errors", async () => {
    const backend = aSeenBackend();
    const { output } = await backend.run(
      driverOf(async () => await map(even, [0, 1, 2], { onError: "return" })),
    );
    expect(output).toMatchObject([
      { status: "fulfilled", value: 0 },
      { status: "rejected", reason: { name: "RangeError", message: "1 is odd" } },
      { status: "fulfilled", value: 20 },
    ]);
  });

  it("counts input that is refused as that item's failure", async () => {
    const backend = aSeenBackend();
    const { output, listed } = await backend.run(
      driverOf(async () => await map(any, [(() => 1) as unknown as number, 2], { onError: "return" })),
    );
    expect(output).toMatchObject([{ reason: { name: "UnserializableValueError" } }, { value: 20 }]);
    expect(listed.length).toBe(2);
  });
});

describe("tolerated failures of map", () => {
  it.each<[string, MapOptions["tolerate"], readonly number[], boolean]>([
    ["as many as the count", { count: 2 }, [1, 3, 4], true],
    ["one more than the count", { count: 1 }, [1, 3, 4], false],
    ["none where none are tolerated", { count: 0 }, [0, 2], true],
    ["exactly the percentage", { percent: 50 }, [1, 0], true],
    ["more than the percentage", { percent: 50 }, [1, 3, 0], false],
    ["within one bound and over the other", { count: 5, percent: 10 }, [1, 0], false],
  ])("are put up with: %s", async (_, tolerate, items, isTolerated) => {
    const backend = aSeenBackend();
    const options = { onError: "return", ...(tolerate === undefined ? {} : { tolerate }) } as const;
    const { output, error } = await backend.run(driverOf(async () => await map(even, items, options)));
    if (isTolerated) expect(output).toHaveLength(items.length);
    else expect(error).toBeInstanceOf(MapFailedError);
  });

  it("when passed end the map at once, with the last failure as cause, and what still runs is cancelled", async () => {
    const backend = aSeenBackend();
    const { error, actions } = await backend.run(
      driverOf(async () => await map(even, [1, 3, 80], { onError: "return", tolerate: { count: 1 } })),
    );
    expect(error).toMatchObject({
      failed: 2,
      total: 3,
      message: expect.stringMatching(/2 of 3 calls.*at most 1 are tolerated/),
    });
    expect((error as Error).cause).toMatchObject({ message: "3 is odd" });
    expect(actions).toMatchObject({ aborted: 1, failed: 3 });
  });

  it("in percent are judged at the end of an iterable whose length is not known", async () => {
    const backend = aSeenBackend();
    const options = { onError: "return", tolerate: { percent: 50 } } as const;
    const fine = await backend.run(driverOf(async () => await map(even, slowly([1, 3, 0, 2]), options)));
    expect(fine.output).toHaveLength(4);
    const { error } = await backend.run(driverOf(async () => await map(even, slowly([1, 3, 0]), options)));
    expect(error).toMatchObject({ name: "MapFailedError", failed: 2, total: 3 });
  });
});

describe("options of map", () => {
  it.each<[string, unknown, RegExp]>([
    ["no concurrency", { concurrency: 0 }, /concurrency of map is 0.*from 1 to/],
    ["an unknown way with errors", { onError: "ignore" }, /"ignore".*"throw" or "return"/],
    [
      "tolerance without a place for failures",
      { tolerate: { count: 1 } },
      /tolerate of map.*Add onError: "return"/,
    ],
    [
      "a tolerance below zero",
      { onError: "return", tolerate: { count: -1 } },
      /tolerate\.count of map is -1/,
    ],
    [
      "more than all items",
      { onError: "return", tolerate: { percent: 101 } },
      /tolerate\.percent of map is 101.*0 to 100/,
    ],
    ["a misspelt option", { concurency: 3 }, /Did you mean "concurrency"\?/],
  ])("are refused at once: %s", (_, options, text) => {
    expect(() => map(any, [1], options as never)).toThrow(PolicyError);
    expect(() => map(any, [1], options as never)).toThrow(text);
  });
});
