import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { decode } from "../../sdk/core/codec/decode.ts";
import { encode } from "../../sdk/core/codec/encode.ts";
import { UnserializableValueError } from "../../sdk/core/errors.ts";

class Moment {
  readonly at = 5;
}
class Tags extends Set<string> {}
class Rows extends Array<number> {}

function refusal(value: unknown, what?: string): UnserializableValueError {
  try {
    encode(value, what);
  } catch (error) {
    if (error instanceof UnserializableValueError) return error;
    throw error;
  }
  throw new Error("The value was encoded.");
}

describe("a value that cannot travel is refused with its place, what it is and the way out", () => {
  test("so that the whole message reads as three answers", () => {
    const error = refusal({ items: [0, 0, 0, { when: new Moment() }] }, 'Input of task "score"');
    expect(error.message).toBe(
      'Input of task "score" cannot be serialized: input.items[3].when is an instance of class Moment. ' +
        "Turn it into a plain object, such as { ...value } or value.toJSON(), and back where it arrives.",
    );
    expect(error).toMatchObject({
      code: "UNSERIALIZABLE_VALUE",
      kind: "user",
      retryable: false,
      path: "input.items[3].when",
      found: "an instance of class Moment",
    });
  });

  test.each<[string, unknown, string, string]>([
    ["a function", { run: function go() {} }, "value.run", "the function go"],
    ["a nameless function", [() => 1], "value[0]", "a function"],
    ["a symbol", [Symbol("s")], "value[0]", "the symbol Symbol(s)"],
    [
      "a symbol as key",
      { a: { [Symbol("s")]: 1 } },
      "value.a",
      "an object with the symbol Symbol(s) as a key",
    ],
    ["a promise", { p: Promise.resolve(1) }, "value.p", "a Promise"],
    ["a WeakMap", new WeakMap(), "value", "a WeakMap"],
    ["a WeakRef", new WeakRef({}), "value", "a WeakRef"],
    ["a URL", { u: new URL("https://example.com") }, "value.u", "a URL"],
    ["a class derived from Set", new Tags(), "value", "a Tags"],
    ["a class derived from Array", [new Rows()], "value[0]", "a Rows"],
    [
      "an object with its own prototype",
      Object.create({ a: 1 }),
      "value",
      "an object with a prototype of its own",
    ],
    ["an iterator", new Map().entries(), "value", "an Iterator"],
    ["shared memory", new SharedArrayBuffer(8), "value", "a SharedArrayBuffer"],
    ["a proxied class instance", [new Proxy(new Moment(), {})], "value[0]", "an instance of class Moment"],
    ["a proxied function", new Proxy(() => 1, {}), "value", "a function"],
    [
      "a value of a map",
      new Map([["k", [new Moment()]]]),
      'value.get("k")[0]',
      "an instance of class Moment",
    ],
    [
      "a key of a map",
      new Map([[{ m: new Moment() }, 1]]),
      "value.keys()[0].m",
      "an instance of class Moment",
    ],
    [
      "a value under an object as key",
      new Map([[{}, new Moment()]]),
      "value.values()[0]",
      "an instance of class Moment",
    ],
    ["a member of a set", new Set([1, new Moment()]), "value.values()[1]", "an instance of class Moment"],
    ["under an odd key", { "a-b": { 7: new Moment() } }, 'value["a-b"]["7"]', "an instance of class Moment"],
  ])("%s", (_name, value, path, found) => {
    expect(refusal(value)).toMatchObject({ path, found });
  });

  test.each<[string, unknown, string]>([
    ["a promise is to be awaited", Promise.resolve(), "Await it first, and pass the result."],
    [
      "a thenable is to be awaited",
      new (class Job {
        // biome-ignore lint/suspicious/noThenProperty: the refusal of thenables is what is tested.
        then() {}
      })(),
      "Await it first, and pass the result.",
    ],
    ["a URL is to be passed as its text", new URL("https://example.com"), "Pass its text, String(value)."],
    [
      "an iterator is to be collected",
      new Map([[1, 2]]).entries(),
      "Pass its elements as an array, [...value].",
    ],
    [
      "a derived Set is to be passed as a Set",
      new Tags(),
      "Pass a plain Set, new Set(value), of it, and make it again where it arrives.",
    ],
  ])("%s", (_name, value, wayOut) => {
    expect(refusal(value).wayOut).toBe(wayOut);
  });

  test("a proxied Map, which has no entries to read, is called unreadable and the reason kept", () => {
    const error = refusal({ m: new Proxy(new Map(), {}) });
    expect(error.path).toBe("value.m");
    expect(error.found).toContain("something that cannot be read");
    expect(error.cause).toBeInstanceOf(TypeError);
  });

  test("a getter that throws is named, with its error as cause", () => {
    const reason = new Error("not yet");
    const value = {
      list: [
        {
          get late() {
            throw reason;
          },
        },
      ],
    };
    expect(refusal(value)).toMatchObject({ path: "value.list[0].late", cause: reason });
  });
});

describe("a cycle is refused, and both of its ends are named", () => {
  test("in objects and arrays", () => {
    const tree: Record<string, unknown> = { a: { b: [] } };
    (tree.a as { b: unknown[] }).b.push(tree.a);
    expect(refusal(tree, "Output")).toMatchObject({
      path: "output.a.b[0]",
      found: "the same object as output.a, a cycle",
    });
  });

  test("through maps and sets", () => {
    const map = new Map<string, unknown>();
    map.set("set", new Set([map]));
    expect(refusal(map)).toMatchObject({
      path: 'value.get("set").values()[0]',
      found: "the same object as value, a cycle",
    });
  });
});

describe("limits", () => {
  const nested = (levels: number, wrap: (inner: unknown) => unknown): unknown => {
    let value: unknown = 1;
    for (let i = 0; i < levels; i++) value = wrap(value);
    return value;
  };

  test.each<[string, (inner: unknown) => unknown]>([
    ["arrays", (inner) => [inner]],
    ["objects", (inner) => ({ inner })],
    ["maps", (inner) => new Map([["inner", inner]])],
    ["sets", (inner) => new Set([inner])],
  ])("500 levels of %s travel, 501 are refused", (_name, wrap) => {
    const deepest = nested(500, wrap);
    expect(encode(decode(encode(deepest)))).toStrictEqual(encode(deepest));
    const error = refusal(nested(501, wrap));
    expect(error.found).toBe("nested more than 500 levels deep");
    expect(error.path.length).toBeLessThan(300);
    expect(() => refusal(nested(100_000, wrap))).not.toThrow();
  });

  test("65,536 holes travel, more are refused", () => {
    expect(decode(encode(new Array(65_536)))).toStrictEqual(new Array(65_536));
    expect(refusal({ a: new Array(65_537) })).toMatchObject({
      path: "value.a",
      found: "an array with more than 65,536 holes",
    });
    const sparse: number[] = [];
    sparse[4_000_000_000] = 1;
    expect(refusal(sparse).found).toBe("an array with more than 65,536 holes");
  });

  test("a value that would be over 256 MiB is refused", () => {
    const error = refusal({ memory: new ArrayBuffer(257 * 1024 * 1024) });
    expect(error).toMatchObject({ path: "value", wayOut: "Pass a File, or split it." });
    expect(error.found).toContain("larger than 268,435,456 bytes");
  });

  test("after a refusal the next value is encoded as always", () => {
    const before = encode({ a: [1, 2] });
    refusal({ a: [1, new Moment()] });
    expect(encode({ a: [1, 2] })).toStrictEqual(before);
  });
});

test("values of another realm, as of a test runner that has its own, travel where they can be told", () => {
  const value = runInNewContext(
    '({ list: [1], bytes: new Uint8Array([1, 2]), error: new TypeError("there") })',
  );
  const copy = decode(
    encode({
      list: value.list,
      bytes: value.bytes,
      error: value.error,
      object: runInNewContext("({ a: 1 })"),
    }),
  );
  expect(copy).toMatchObject({ list: [1], bytes: Uint8Array.of(1, 2), object: { a: 1 } });
  expect((copy as { error: Error }).error).toMatchObject({ name: "TypeError", message: "there" });
});
