import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalBytes, hashStrings, valueHash } from "../../sdk/core/codec/canonical.ts";
import { decode } from "../../sdk/core/codec/decode.ts";
import { UnserializableValueError } from "../../sdk/core/errors.ts";
import { anyString, anyValue, reordered } from "./codec-arbitraries.ts";

describe("the canonical encoding", () => {
  test("is the same for the same value put together in another order", () => {
    const property = fc.property(anyValue, (value) => {
      expect(canonicalBytes(reordered(value))).toStrictEqual(canonicalBytes(value));
    });
    fc.assert(property, { numRuns: 2_000 });
  });

  test("is different for different values", () => {
    const property = fc.property(anyValue, anyValue, (first, second) => {
      const sameBytes = Buffer.from(canonicalBytes(first)).equals(canonicalBytes(second));
      expect(sameBytes).toBe(isDeepStrictEqual(first, second));
    });
    fc.assert(property, { numRuns: 5_000 });
  });

  test("is decoded to the value it was made of", () => {
    fc.assert(fc.property(anyValue, (value) => isDeepStrictEqual(decode(canonicalBytes(value)), value)));
  });

  test.each<[string, unknown, unknown]>([
    ["0 and -0", 0, -0],
    ["a number and the same bigint", 1, 1n],
    ["a number and its text", 1, "1"],
    ["null and undefined", null, undefined],
    ["a property that is undefined and none", { a: undefined }, {}],
    ["a hole and undefined", new Array(1), [undefined]],
    ["an object and a map", { a: 1 }, new Map([["a", 1]])],
    ["a set and an array", new Set([1]), [1]],
    ["the order of an array", [1, 2], [2, 1]],
    ["a date and its milliseconds", new Date(5), 5],
    ["bytes and the memory they are in", Uint8Array.of(1), Uint8Array.of(1).buffer],
    ["number arrays of another kind", Int8Array.of(1), Uint8Array.of(1)],
    ["a boxed number and the number", Object(1), 1],
    ["errors of another message", new Error("a"), new Error("b")],
    ["errors of another class", new TypeError("a"), new Error("a")],
    ["the halves of surrogate pairs", "\uD83D", "\uD83E"],
  ])("tells %s apart", (_name, first, second) => {
    expect(valueHash(first)).not.toBe(valueHash(second));
  });

  test.each<[string, unknown, unknown]>([
    ["an object without prototype and one with", Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
    ["a Buffer and a Uint8Array", Buffer.of(1, 2), Uint8Array.of(1, 2)],
    ["numeric keys in any order", { 10: 1, 9: 2, b: 3, a: 4, "01": 5 }, { "01": 5, a: 4, 9: 2, b: 3, 10: 1 }],
    ["maps with maps as keys", new Map([[new Map([[1, 2]]), 1]]), new Map([[new Map([[1, 2]]), 1]])],
  ])("takes %s as equal", (_name, first, second) => {
    expect(valueHash(first)).toBe(valueHash(second));
  });

  test("of an error does not depend on the line that made it, in its cause and fields neither", () => {
    const make = (): Error =>
      Object.assign(new Error("m", { cause: new Error("c") }), { inner: { deep: new Error("f") } });
    const first = make();
    const second = make();
    second.stack = "made elsewhere";
    (second.cause as Error).stack = "made elsewhere";
    (second as Error & { inner: { deep: Error } }).inner.deep.stack = "made elsewhere";
    expect(valueHash(first)).toBe(valueHash(second));
    expect(valueHash(new AggregateError([first], "all"))).toBe(
      valueHash(new AggregateError([second], "all")),
    );
  });

  test("refuses what encode refuses, with the same words", () => {
    expect(() => valueHash({ f: () => 1 }, 'Input of task "score"')).toThrow(UnserializableValueError);
    expect(() => valueHash({ f: () => 1 }, 'Input of task "score"')).toThrow("input.f is the function f.");
  });
});

describe("hashes", () => {
  test("are 26 letters and digits that suit every name and key", () => {
    fc.assert(
      fc.property(anyValue, fc.array(anyString), (value, parts) => {
        expect(valueHash(value)).toMatch(/^[a-z2-7]{26}$/);
        expect(hashStrings(parts)).toMatch(/^[a-z2-7]{26}$/);
      }),
    );
  });

  test("of lists of strings differ whenever the lists do", () => {
    fc.assert(
      fc.property(fc.array(anyString), fc.array(anyString), (first, second) => {
        expect(hashStrings(first) === hashStrings(second)).toBe(isDeepStrictEqual(first, second));
      }),
      { numRuns: 1_000 },
    );
    const lists = [
      [],
      [""],
      ["", ""],
      ["ab", "c"],
      ["a", "bc"],
      ["abc"],
      ["1:a"],
      ["a", "1:b"],
      ["\uD800"],
      ["\uD801"],
    ];
    expect(new Set(lists.map(hashStrings)).size).toBe(lists.length);
  });

  // Hashes are part of the ids in stored runs: a change here loses what unfinished runs have done.
  test.each<[unknown, string]>([
    [undefined, "34bhjtzwpc4xlwsghxwoqstdnq"],
    [null, "4t7v47l2p4eotaakhys4w52fgm"],
    [0, "ny2axhh7wn5jrhffittlw6akfq"],
    [-0, "zfutlyi4ly3v2qerccfjfrk3ym"],
    [1.5, "ac6jwd7xybm3puqjccuh6y6g4e"],
    [Number.NaN, "j4ttbracqisxhcuybk6dlvm4zm"],
    [2 ** 40, "zzyiqxzrzvut3kniastplexhou"],
    [12_345_678_901_234_567_890n, "dytshiodgsps6baqyeuyvejvjm"],
    ["score", "ybm3tlxr2lvo4iqttg5xtgopzm"],
    ["größe 😀", "lunzvm73d2kikrgibvmpcfzgne"],
    ["\uD83D", "e35up52yothvuf5nkxff2gttwy"],
    [{ start: 0, end: 1_000 }, "fupidpg33ffcxhirosu25mq5qa"],
    [{ 2: "two", 10: "ten", name: "x", Name: "y" }, "g72d7xi3az6lxyzotbzc7rt42y"],
    [[1, [2, [3, undefined]], { a: null }], "jvb7av2c35pep5mboiayq7sasm"],
    [
      new Map<unknown, unknown>([
        ["b", 1],
        ["a", new Set([3, 1, 2])],
      ]),
      "sdvkzs5wgaxgvdsfeq54qybuji",
    ],
    [new Date(1_700_000_000_000), "bfruxnzrkv5kkogpggsla2zj6y"],
    [/a+/gi, "fujladyvlaogcl6t46evfpkdhu"],
    [Uint8Array.of(1, 2, 3), "vqfugahtf3ltjvgefj2nmx3jna"],
    [Float64Array.of(1, 2), "nhwworw5vt7h3zhat5iihuggbq"],
    [new DataView(Uint8Array.of(1, 2, 3, 4).buffer, 1, 2), "jjccvfw7ttwzx6inrfr2jwy7gi"],
    [Object(true), "zwui4qgavsmukodx7l3qqv6hxi"],
    [
      Object.assign(new RangeError("too far", { cause: "why" }), { code: "E_FAR", limit: 3 }),
      "2nl6gcvwbasadwwufuhsqpypaq",
    ],
  ])("never change: value %#", (value, hash) => {
    expect(valueHash(value)).toBe(hash);
  });

  test("never change: lists of strings", () => {
    expect(hashStrings([])).toBe("4oymiquy7qobjgx36tejs35zeq");
    expect(hashStrings(["a0", "batch-processor.processBatch", "abc", "1"])).toBe(
      "zkjky5kdsjegdzqu2inzzj2qqe",
    );
    expect(hashStrings(["größe", "\uD800"])).toBe("sgzwxcz24e6xvrdczy2rsjxy3i");
  });
});
