import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toJsonForm, toJsonText } from "../../sdk/cli/json-form.ts";

describe("the JSON form of a value", () => {
  test.for([
    ["undefined", undefined, null],
    ["a bigint", 12n, "12"],
    ["a date", new Date(0), "1970-01-01T00:00:00.000Z"],
    ["an invalid date", new Date(Number.NaN), "Invalid Date"],
    [
      "a map",
      new Map<unknown, unknown>([
        ["a", 1n],
        [2, new Set(["b"])],
      ]),
      [
        ["a", "1"],
        [2, ["b"]],
      ],
    ],
    ["a set", new Set([1, 2n]), [1, "2"]],
    ["bytes", new Uint8Array([1, 2, 3]), "AQID"],
    ["a part of a buffer", new Uint8Array([0, 1, 2, 3, 0]).subarray(1, 4), "AQID"],
    ["an array buffer", new Uint8Array([1, 2, 3]).buffer, "AQID"],
    ["a data view", new DataView(new Uint8Array([1, 2, 3]).buffer), "AQID"],
    ["a typed array", new Float64Array([0.5, -1]), [0.5, -1]],
    ["an array of 64-bit integers", new BigInt64Array([-1n]), ["-1"]],
    ["a pattern", /a+/gi, "/a+/gi"],
    ["a boxed number", Object(5), 5],
    ["a list of holes", new Array(2), [null, null]],
    ["an undefined in a list", [undefined], [null]],
    ["an undefined property", { a: undefined, b: 1 }, { b: 1 }],
    ["a property within", { a: { b: [new Map([[1, 2]])] } }, { a: { b: [[[1, 2]]] } }],
    ["not a number", [Number.NaN, Number.POSITIVE_INFINITY], [null, null]],
  ] as const)("%s", ([, value, form]) => {
    expect(JSON.parse(toJsonText(value))).toEqual(form);
  });

  test("an error keeps its name, message, cause, errors and fields", () => {
    const error = Object.assign(new RangeError("too far", { cause: new Error("why") }), { status: 5n });
    expect(toJsonForm(error)).toEqual({
      name: "RangeError",
      message: "too far",
      status: "5",
      cause: { name: "Error", message: "why" },
    });
    expect(toJsonForm(new AggregateError([new Error("one")], "all"))).toEqual({
      name: "AggregateError",
      message: "all",
      errors: [{ name: "Error", message: "one" }],
    });
  });

  test("a key that means something to objects is a key like any other", () => {
    const value = JSON.parse('{"__proto__": {"x": 1}, "toJSON": 2}');
    expect(toJsonText(value)).toBe('{"__proto__":{"x":1},"toJSON":2}');
  });

  test("what JSON knows is left as it is", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(toJsonText(value)).toBe(JSON.stringify(value));
      }),
    );
  });
});
