import fc from "fast-check";

/** Any string, halves of surrogate pairs too. */
export const anyString = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary", maxLength: 80 }),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 50 })
    .map((units) => String.fromCharCode(...units)),
  fc.constantFrom(
    "",
    "__proto__",
    "constructor",
    "toString",
    "7",
    "-1",
    "\uD83D",
    "\uDE00\uD83D",
    "ñ".repeat(40),
  ),
);

const leaf: fc.Arbitrary<unknown> = fc.oneof(
  anyString,
  fc.constantFrom(
    null,
    undefined,
    true,
    false,
    -0,
    0,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ),
  fc.integer(),
  fc.constantFrom(
    31,
    32,
    127,
    128,
    255,
    256,
    65_535,
    65_536,
    2 ** 31 - 1,
    2 ** 31,
    2 ** 32 - 1,
    2 ** 32,
    2 ** 53,
  ),
  fc.constantFrom(-1, -32, -33, -128, -129, -32_768, -32_769, -(2 ** 31), -(2 ** 31) - 1, Number.MIN_VALUE),
  fc.double(),
  fc.bigInt(),
  fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n }),
  fc.double({ min: -8.64e15, max: 8.64e15, noNaN: true }).map((ms) => new Date(ms)),
  fc.constant(new Date(Number.NaN)),
  fc.constantFrom(/a+/gi, /[/\]\n]/u, /(?:)/, /ñ(?<name>x)/dv),
  fc.uint8Array(),
  fc.int16Array(),
  fc.float32Array(),
  fc.float64Array(),
  fc.bigUint64Array(),
  fc.uint8ClampedArray(),
  fc.uint8Array().map((bytes) => bytes.buffer),
  fc.uint8Array({ minLength: 3 }).map((bytes) => new DataView(bytes.buffer, 1)),
);

const key = fc.oneof(anyString, fc.constantFrom("a", "b", "c", "10", "9"));

/** Values that structured clone knows, without errors (those are compared by their records). */
export const anyValue: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    leaf,
    fc.array(tie("value"), { maxLength: 6 }),
    fc.array(fc.tuple(key, tie("value")), { maxLength: 6 }).map((entries) => Object.fromEntries(entries)),
    fc.array(fc.tuple(tie("value"), tie("value")), { maxLength: 4 }).map((entries) => new Map(entries)),
    fc.array(tie("value"), { maxLength: 4 }).map((members) => new Set(members)),
  ),
})).value;

/** The same value put together in another order: keys, entries and members are reversed at every level. */
export function reordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reordered);
  if (value instanceof Map)
    return new Map([...value].reverse().map(([k, v]) => [reordered(k), reordered(v)]));
  if (value instanceof Set) return new Set([...value].reverse().map(reordered));
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([k, v]) => [k, reordered(v)]),
  );
}
