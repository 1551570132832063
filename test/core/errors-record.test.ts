import { inspect, isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decode } from "../../sdk/core/codec/decode.ts";
import { encode } from "../../sdk/core/codec/encode.ts";
import { type ErrorRecord, fromErrorRecord, toErrorRecord } from "../../sdk/core/error-record.ts";
import { anyString, anyValue } from "./codec-arbitraries.ts";

/** What arrives in another process. */
const sent = (thrown: unknown): unknown =>
  fromErrorRecord(decode(encode(toErrorRecord(thrown))) as ErrorRecord);

class PaymentError extends Error {
  readonly order: { readonly id: number };

  constructor(message: string, id: number) {
    super(message);
    this.order = { id };
  }
}

const builtIn = [Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError];

const anyError: fc.Arbitrary<unknown> = fc.letrec<{ error: unknown }>((tie) => ({
  error: fc.oneof(
    { maxDepth: 4 },
    anyValue,
    fc
      .tuple(
        fc.constantFrom(...builtIn, PaymentError),
        anyString,
        fc.option(tie("error"), { nil: undefined }),
        fc.dictionary(
          fc.oneof(anyString, fc.constantFrom("code", "errors", "kind")),
          fc.oneof(anyValue, tie("error")),
          {
            maxKeys: 4,
          },
        ),
      )
      .map(([Class, message, cause, fields]) => {
        const error = new (Class as ErrorConstructor)(message, cause === undefined ? undefined : { cause });
        for (const [key, value] of Object.entries(fields)) {
          Object.defineProperty(error, key, { value, enumerable: true, configurable: true, writable: true });
        }
        return error;
      }),
    fc.array(tie("error"), { maxLength: 3 }).map((errors) => new AggregateError(errors, "several")),
  ),
})).error;

describe("any error, or anything else that was thrown", () => {
  test("has the same record after a round trip as before", () => {
    const property = fc.property(anyError, (thrown) => {
      const record = toErrorRecord(thrown);
      return isDeepStrictEqual(toErrorRecord(fromErrorRecord(record)), record);
    });
    fc.assert(property, { numRuns: 400 });
  });

  test("has a record that is encoded without loss", () => {
    fc.assert(
      fc.property(anyError, (thrown) =>
        isDeepStrictEqual(decode(encode(toErrorRecord(thrown))), toErrorRecord(thrown)),
      ),
      { numRuns: 200 },
    );
  });

  test("that is no error comes back as that same value", () => {
    fc.assert(fc.property(anyValue, (value) => isDeepStrictEqual(sent(value), value)));
    for (const thrown of ["text", undefined, null, 0, { status: 400 }]) {
      expect(toErrorRecord(thrown)).toMatchObject({ kind: "thrown value", value: thrown, retryable: true });
      expect(sent(thrown)).toStrictEqual(thrown);
    }
  });
});

describe("an error keeps", () => {
  test("its class, when it is one of JavaScript's own", () => {
    for (const Class of builtIn) {
      const error = new Class("text");
      const copy = sent(error) as Error;
      expect(copy).toBeInstanceOf(Class);
      expect(copy.constructor).toBe(Class);
      expect(Object.hasOwn(copy, "name")).toBe(false);
      expect(String(copy)).toBe(String(error));
      expect(Error.isError(copy)).toBe(true);
    }
  });

  test("the name of its class, when it is of another", () => {
    const copy = sent(new PaymentError("declined", 7)) as Error & { order: object };
    expect(copy).toBeInstanceOf(Error);
    expect(copy).toMatchObject({ name: "PaymentError", message: "declined", order: { id: 7 } });
    expect(String(copy)).toBe("PaymentError: declined");
    expect(inspect(copy)).toMatch(/^Error \[PaymentError\]: declined/);
    expect(Object.keys(copy)).toEqual(["order"]);
  });

  test.each<[string, Error, string]>([
    [
      "set in its class",
      new (class A extends Error {
        override name = "Mine";
      })("m"),
      "Mine",
    ],
    ["set on its prototype", withPrototypeName("Proto"), "Proto"],
    ["set from outside", Object.assign(new TypeError("m"), { name: "Given" }), "Given"],
    [
      "set to that of another built-in class",
      Object.assign(new Error("m"), { name: "TypeError" }),
      "TypeError",
    ],
    ["of a class two levels down", new (class B extends PaymentError {})("m", 1), "B"],
    ["of a class without a name", new (class extends RangeError {})("m"), "RangeError"],
    ["of an abort", new DOMException("m", "AbortError"), "AbortError"],
    ["of a timeout", new DOMException("m", "TimeoutError"), "TimeoutError"],
  ])("a name that was %s", (_where, error, name) => {
    expect(toErrorRecord(error).name).toBe(name);
    expect((sent(error) as Error).name).toBe(name);
    expect((sent(sent(error)) as Error).name).toBe(name);
  });

  test("its stack, of which only the first line is given the name of the class", () => {
    const error = new TypeError("m");
    expect((sent(error) as Error).stack).toBe(error.stack);
    const named = new PaymentError("declined", 7);
    expect((sent(named) as Error).stack).toBe(named.stack?.replace("Error", "PaymentError"));
    expect((sent(named) as Error).stack).toContain("errors-record.test.ts");
    const foreign = Object.assign(new PaymentError("m", 7), { stack: "Errors were made\n  at x" });
    expect((sent(foreign) as Error).stack).toBe("Errors were made\n  at x");
  });

  test("no stack, when it has none", () => {
    const error = Object.assign(new Error("m"), { stack: 5 });
    expect(toErrorRecord(error).stack).toBe(null);
    expect((sent(error) as Error).stack).toBe(undefined);
  });

  test("its causes, errors or not, and none when it has none", () => {
    const error = new Error("a", { cause: new PaymentError("b", 1) });
    error.cause = Object.assign(new PaymentError("b", 1), { cause: "because" });
    const copy = sent(error) as { cause: Error };
    expect(copy.cause).toMatchObject({ name: "PaymentError", order: { id: 1 }, cause: "because" });
    expect(Object.keys(copy)).toEqual([]);
    expect(Object.hasOwn(sent(new Error("none")) as Error, "cause")).toBe(false);
    expect(Object.hasOwn(sent(new Error("void", { cause: undefined })) as Error, "cause")).toBe(true);
  });

  test("the errors of an AggregateError, also of a class derived from it", () => {
    class Several extends AggregateError {}
    const copy = sent(new Several([new TypeError("one"), "two"], "both")) as AggregateError;
    expect(copy).toBeInstanceOf(AggregateError);
    expect(copy.name).toBe("Several");
    expect(copy.errors[0]).toBeInstanceOf(TypeError);
    expect(copy.errors).toMatchObject([{ message: "one" }, "two"]);
  });

  test("the fields of a system error, its text code among them", () => {
    const error = Object.assign(new Error("no entry"), {
      errno: -2,
      code: "ENOENT",
      syscall: "open",
      path: "/x",
    });
    expect(toErrorRecord(error)).toMatchObject({
      code: "ENOENT",
      fields: { errno: -2, syscall: "open", path: "/x" },
    });
    expect(Object.entries(sent(error) as Error).sort()).toEqual(Object.entries(error).sort());
  });

  test("a numeric code, a list named errors and a date as fields", () => {
    const error = Object.assign(new Error("m"), { code: 14, errors: ["a"], at: new Date(5) });
    expect(toErrorRecord(error)).toMatchObject({
      code: null,
      fields: { code: 14, errors: ["a"], at: new Date(5) },
    });
    expect(sent(error)).toMatchObject({ code: 14, errors: ["a"], at: new Date(5) });
  });

  test("no code that is neither a text nor can travel", () => {
    const record = toErrorRecord(Object.assign(new Error("m"), { code: () => 1 }));
    expect(record).toMatchObject({ code: null, fields: {} });
  });

  test("errors in its fields, as errors", () => {
    const error = Object.assign(new Error("m"), { first: { reason: new RangeError("deep") } });
    expect((sent(error) as typeof error).first.reason).toBeInstanceOf(RangeError);
  });

  test("a field named __proto__ as a field", () => {
    const error = Object.defineProperty(new Error("m"), "__proto__", {
      value: { polluted: true },
      enumerable: true,
    });
    const copy = sent(error) as Error & { polluted?: boolean };
    expect(Object.keys(copy)).toEqual(["__proto__"]);
    expect(copy).toBeInstanceOf(Error);
    expect(copy.polluted).toBe(undefined);
  });

  test("in its record no reference to what the thrower can still change", () => {
    const list = [1];
    const record = toErrorRecord(Object.assign(new Error("m"), { list }));
    list.push(2);
    expect(record.fields.list).toEqual([1]);
  });
});

function withPrototypeName(name: string): Error {
  class C extends Error {}
  C.prototype.name = name;
  return new C("m");
}

describe("what cannot travel in an error", () => {
  test("is replaced by a text that says so, and the rest is kept", () => {
    const error = Object.assign(new Error("m"), {
      send: function send() {},
      when: new PaymentErrorHolder(),
      status: 400,
    });
    expect(toErrorRecord(error).fields).toEqual({
      send: "[not kept: the function send]",
      when: "[not kept: an instance of class PaymentErrorHolder]",
      status: 400,
    });
  });

  test("is replaced also as a thrown value", () => {
    expect(toErrorRecord(() => 1)).toMatchObject({ kind: "thrown value", value: "[not kept: a function]" });
    expect(toErrorRecord(Symbol("s"))).toMatchObject({ value: "[not kept: the symbol Symbol(s)]" });
  });
});

class PaymentErrorHolder {}

describe("toErrorRecord never throws and never grows without bound", () => {
  test("when every property of an error throws", () => {
    const error = new Error("m");
    for (const key of ["message", "name", "stack", "cause", "code", "constructor", "field"]) {
      Object.defineProperty(error, key, {
        enumerable: key === "field",
        get() {
          throw new Error("no reading");
        },
      });
    }
    expect(toErrorRecord(error)).toMatchObject({
      name: "Error",
      message: "",
      stack: null,
      fields: { field: undefined },
    });
  });

  test("when what was thrown refuses every question", () => {
    const refuse = () => {
      throw new Error("no");
    };
    const proxy = new Proxy({}, { getPrototypeOf: refuse, ownKeys: refuse, get: refuse, has: refuse });
    expect(toErrorRecord(proxy).kind).toBe("thrown value");
    const errorProxy = new Proxy(new Error("m"), { ownKeys: refuse, get: refuse });
    expect(toErrorRecord(errorProxy).name).toBeTypeOf("string");
  });

  test("when an error is its own cause, or the cause of its cause", () => {
    const first = new Error("first");
    const second = new Error("second", { cause: first });
    first.cause = second;
    expect(toErrorRecord(first).cause).toMatchObject({
      message: "second",
      cause: { kind: "thrown value", value: "[the same error again: Error: first]" },
    });
    const own = new Error("own");
    own.cause = own;
    expect(sent(own)).toMatchObject({ message: "own", cause: "[the same error again: Error: own]" });
  });

  test("when an error holds itself in its fields", () => {
    const error = Object.assign(new Error("m"), { self: null as unknown, list: [] as unknown[] });
    error.self = error;
    error.list.push({ error });
    const again = "[the same error again: Error: m]";
    expect(toErrorRecord(error).fields).toEqual({ self: again, list: [{ error: again }] });
    expect(() => encode(error)).not.toThrow();
  });

  test("when causes follow each other 1,000 deep, of which 16 are kept", () => {
    let error = new Error("0");
    for (let i = 1; i < 1_000; i++) error = new Error(String(i), { cause: error });
    let record: ErrorRecord | undefined = toErrorRecord(error);
    let depth = 0;
    while (record !== undefined && record.kind !== "thrown value") {
      record = record.cause;
      depth++;
    }
    expect(depth).toBe(16);
    expect(record?.value).toBe("[nested more than 16 deep: Error: 983]");
  });

  test("when errors multiply: each of twenty levels refers twice to the next", () => {
    let error: Error = new Error("end");
    for (let i = 0; i < 20; i++) error = new AggregateError([error, error], `level ${i}`);
    expect(encode(error).length).toBeLessThan(500_000);
    let holder: Error = new Error("end");
    for (let i = 0; i < 20; i++) holder = Object.assign(new Error(`level ${i}`), { a: holder, b: [holder] });
    expect(encode(holder).length).toBeLessThan(500_000);
  });

  test("when there are thousands of errors in one", () => {
    const errors = Array.from({ length: 5_000 }, (_, i) => new Error(String(i)));
    const record = toErrorRecord(new AggregateError(errors, "many"));
    expect(record.errors).toHaveLength(64);
    expect(record.errors?.[0]?.message).toBe("0");
    expect(record.errors?.at(-1)?.value).toBe("[4937 more errors]");
  });

  test("when texts and fields are huge: they are cut, once, and say so", () => {
    const error = Object.assign(new Error("m".repeat(1_000_000)), {
      body: "b".repeat(1_000_000),
      small: 5,
      cause: new Error("c".repeat(1_000_000)),
    });
    const record = toErrorRecord(error);
    expect(record.message).toHaveLength(65_536);
    expect(record.message).toMatch(/^m+… \[cut; it had 1000000 characters\]$/);
    expect(record.stack).toHaveLength(65_536);
    expect(record.cause?.message).toHaveLength(8_192);
    expect(record.fields).toEqual({
      body: expect.stringContaining("[not kept: larger than 65,536 bytes"),
      small: 5,
    });
    expect(toErrorRecord(fromErrorRecord(record))).toStrictEqual(record);
    expect(toErrorRecord("t".repeat(1_000_000)).value).toHaveLength(65_536);
  });

  test("when fields refer to each other so often that a copy would never end", () => {
    let doubling: unknown = "x".repeat(100);
    for (let i = 0; i < 60; i++) doubling = [doubling, doubling];
    expect(toErrorRecord(Object.assign(new Error("m"), { doubling })).fields.doubling).toContain(
      "[not kept: larger than",
    );
  });

  test("when there are more than a hundred fields, of which the first hundred are kept", () => {
    const error = Object.assign(
      new Error("m"),
      Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`f${i}`, i])),
    );
    expect(Object.keys(toErrorRecord(error).fields)).toEqual(Array.from({ length: 100 }, (_, i) => `f${i}`));
  });
});

test("an error within a value travels with the value, and equals the error that was put in", () => {
  const value = { outcome: new PaymentError("declined", 7), list: [new TypeError("t", { cause: 5 })] };
  const copy = decode(encode(value)) as typeof value;
  expect(copy.outcome).toMatchObject({ name: "PaymentError", message: "declined", order: { id: 7 } });
  expect(copy.list[0]).toBeInstanceOf(TypeError);
  expect(copy.list[0]?.cause).toBe(5);
});
