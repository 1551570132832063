import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decode } from "../../sdk/core/codec/decode.ts";
import { encode } from "../../sdk/core/codec/encode.ts";
import { anyString, anyValue } from "./codec-arbitraries.ts";

const roundTrip = (value: unknown): unknown => decode(encode(value));

describe("a value that structured clone knows", () => {
  test("comes back equal, whatever it is made of", () => {
    fc.assert(
      fc.property(anyValue, (value) => isDeepStrictEqual(roundTrip(value), value)),
      { numRuns: 2_000 },
    );
  });

  test("comes back as structured clone would copy it", () => {
    fc.assert(
      fc.property(anyValue, (value) => isDeepStrictEqual(roundTrip(value), structuredClone(value))),
      { numRuns: 500 },
    );
  });

  test("comes back equal as a string, halves of surrogate pairs too", () => {
    fc.assert(
      fc.property(anyString, (text) => {
        expect(roundTrip(text)).toBe(text);
        expect(roundTrip({ [text]: text })).toStrictEqual(Object.fromEntries([[text, text]]));
      }),
    );
  });

  test.each([0, 1, 31, 32, 39, 40, 41, 255, 256, 65_535, 65_536, 200_000])(
    "comes back equal as a string of %i letters, ASCII or not",
    (length) => {
      for (const letter of ["a", "ñ", "√", "\uD800"])
        expect(roundTrip(letter.repeat(length))).toBe(letter.repeat(length));
      expect(roundTrip("😀".repeat(length))).toBe("😀".repeat(length));
    },
  );

  test.each([15, 16, 17, 65_535, 65_536, 70_000])("comes back equal as a collection of %i", (count) => {
    const numbers = Array.from({ length: count }, (_, i) => i);
    expect(roundTrip(numbers)).toStrictEqual(numbers);
    expect(roundTrip(new Set(numbers))).toStrictEqual(new Set(numbers));
    const object = Object.fromEntries(numbers.map((n) => [`k${n}`, n]));
    expect(roundTrip(object)).toStrictEqual(object);
    expect(roundTrip(new Uint8Array(count).fill(7))).toStrictEqual(new Uint8Array(count).fill(7));
  });
});

describe("what has no type in MessagePack", () => {
  test("undefined stays undefined in arrays, objects, maps and alone", () => {
    expect(roundTrip(undefined)).toBe(undefined);
    expect(roundTrip([undefined, null])).toStrictEqual([undefined, null]);
    expect(roundTrip({ a: undefined })).toStrictEqual({ a: undefined });
    expect(roundTrip(new Map([[undefined, undefined]]))).toStrictEqual(new Map([[undefined, undefined]]));
  });

  test("a hole of an array stays a hole", () => {
    // biome-ignore lint/suspicious/noSparseArray: the hole is what is tested.
    const sparse = [1, , undefined, ,];
    const copy = roundTrip(sparse) as unknown[];
    expect(copy).toHaveLength(4);
    expect([0, 1, 2, 3].map((i) => i in copy)).toEqual([true, false, true, false]);
    expect(copy[2]).toBe(undefined);
  });

  test.each([0n, 1n, -1n, 255n, 256n, 2n ** 63n, -(2n ** 64n), 7n ** 3_000n])(
    "a bigint of any size stays that bigint",
    (value) => {
      expect(roundTrip(value)).toBe(value);
    },
  );

  test("a boxed primitive stays boxed", () => {
    for (const boxed of [Object(1), Object("x"), Object(false), Object(5n)]) {
      expect(roundTrip(boxed)).toStrictEqual(boxed);
    }
  });

  test("typed arrays of every kind come back as that kind, of the part they show", () => {
    const memory = Uint8Array.from({ length: 64 }, (_, i) => i).buffer;
    for (const Kind of [
      Int8Array,
      Uint8Array,
      Uint16Array,
      Int32Array,
      Uint32Array,
      BigInt64Array,
      Float16Array,
    ]) {
      const part = new Kind(memory, 8, 3);
      const copy = roundTrip(part) as typeof part;
      expect(copy).toStrictEqual(part);
      expect(copy.buffer.byteLength).toBe(part.byteLength);
    }
  });

  test("a Buffer comes back as a Uint8Array", () => {
    const copy = roundTrip(Buffer.from("bytes"));
    expect(copy).toStrictEqual(new TextEncoder().encode("bytes"));
    expect(Buffer.isBuffer(copy)).toBe(false);
  });
});

describe("an object", () => {
  test("with a key named __proto__ keeps the key, and nobody's prototype changes", () => {
    const hostile = JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1}');
    const copy = roundTrip(hostile) as Record<string, unknown>;
    expect(Object.keys(copy)).toEqual(["__proto__", "constructor"]);
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
    expect(copy.polluted).toBe(undefined);
  });

  test("without a prototype comes back with the usual one", () => {
    const bare = Object.assign(Object.create(null), { a: 1 });
    expect(roundTrip(bare)).toStrictEqual({ a: 1 });
  });

  test("keeps the order of its keys", () => {
    expect(Object.keys(roundTrip({ b: 1, a: 2, c: 3 }) as object)).toEqual(["b", "a", "c"]);
  });

  test("gives the values of its getters", () => {
    expect(
      roundTrip({
        get now() {
          return 5;
        },
      }),
    ).toStrictEqual({ now: 5 });
  });

  test("referred to twice becomes two copies", () => {
    const shared = { a: 1 };
    const [first, second] = roundTrip([shared, shared]) as object[];
    expect(first).toStrictEqual(second);
    expect(first).not.toBe(second);
  });

  test("whose getter encodes another value is not disturbed by it", () => {
    const value = { before: "x".repeat(100), inner: undefined as unknown, after: [1, 2, 3] };
    const nesting = Object.defineProperty({ ...value }, "inner", {
      get: () => encode(value).length,
      enumerable: true,
    });
    expect(roundTrip(nesting)).toStrictEqual({ ...value, inner: encode(value).length });
  });
});

describe("the bytes", () => {
  test("are MessagePack where MessagePack has the type", () => {
    expect([...encode({ compact: true, schema: 0 })]).toEqual([
      0x82,
      0xa7,
      ...Buffer.from("compact"),
      0xc3,
      0xa6,
      ...Buffer.from("schema"),
      0x00,
    ]);
    expect([...encode([-1, 200, 70_000, 1.5, null])]).toEqual([
      0x95, 0xff, 0xcc, 200, 0xce, 0, 1, 0x11, 0x70, 0xcb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0, 0xc0,
    ]);
  });

  test("of another MessagePack writer are understood, 64-bit ints and short floats too", () => {
    expect(decode(Uint8Array.of(0xcf, 0, 0, 0, 1, 0, 0, 0, 0))).toBe(2 ** 32);
    expect(decode(Uint8Array.of(0xd3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe))).toBe(-2);
    expect(decode(Uint8Array.of(0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff))).toBe(2n ** 64n - 1n);
    expect(decode(Uint8Array.of(0xca, 0x3f, 0xc0, 0, 0))).toBe(1.5);
    expect(decode(Uint8Array.of(0xd9, 2, 0x68, 0x69))).toBe("hi");
    expect(decode(Uint8Array.of(0xdf, 0, 0, 0, 1, 0xd9, 1, 0x61, 1))).toStrictEqual({ a: 1 });
  });

  test("of a result stay as they are when the next value is encoded", () => {
    const first = encode("first");
    const copy = first.slice();
    encode("another");
    expect(first).toStrictEqual(copy);
    expect(first.buffer.byteLength).toBe(first.byteLength);
  });

  test("of the input are not shared by what was decoded", () => {
    const bytes = encode({ raw: Uint8Array.of(1, 2, 3) });
    const value = decode(bytes) as { raw: Uint8Array };
    bytes.fill(0);
    expect(value.raw).toStrictEqual(Uint8Array.of(1, 2, 3));
  });

  test("may lie anywhere in a larger buffer", () => {
    const bytes = encode({ a: [1.5, "text", Uint16Array.of(1, 2)] });
    const larger = Buffer.concat([Buffer.of(1, 2, 3), bytes, Buffer.of(4)]);
    const value = decode(larger.subarray(3, 3 + bytes.length));
    expect(value).toStrictEqual({ a: [1.5, "text", Uint16Array.of(1, 2)] });
  });

  test("of a million numbers are a few megabytes", () => {
    const numbers = Array.from({ length: 1_000_000 }, (_, i) => i);
    expect(encode(numbers).byteLength).toBeLessThan(5_000_000);
    expect(decode(encode(numbers))).toStrictEqual(numbers);
  });
});
