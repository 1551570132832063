import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decode } from "../../sdk/core/codec/decode.ts";
import { encode } from "../../sdk/core/codec/encode.ts";
import { CorruptValueError } from "../../sdk/core/errors.ts";
import { anyValue } from "./codec-arbitraries.ts";

/** True when the bytes are decoded, or refused by the error that is made for it. */
function endsInOrder(bytes: Uint8Array): boolean {
  try {
    decode(bytes);
    return true;
  } catch (error) {
    if (error instanceof CorruptValueError) return true;
    throw error;
  }
}

describe("bytes that nobody encoded", () => {
  test("are decoded or refused, and nothing else happens", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), endsInOrder), { numRuns: 5_000 });
  });

  test("are decoded or refused also when only one byte of a good value was changed", () => {
    const property = fc.property(anyValue, fc.nat(), fc.integer({ min: 0, max: 255 }), (value, at, byte) => {
      const bytes = encode(value);
      bytes[at % bytes.length] = byte;
      return endsInOrder(bytes);
    });
    fc.assert(property, { numRuns: 3_000 });
  });

  test("are refused when a good value was cut short, or has a byte too many", () => {
    const property = fc.property(anyValue, fc.nat(), (value, at) => {
      const bytes = encode(value);
      expect(() => decode(bytes.subarray(0, at % bytes.length))).toThrow(CorruptValueError);
      expect(() => decode(Buffer.concat([bytes, Buffer.of(0)]))).toThrow(CorruptValueError);
    });
    fc.assert(property, { numRuns: 500 });
  });

  test.each<[string, number[], string]>([
    ["that are none", [], "1 bytes are announced where 0 are left"],
    ["that begin no value", [0xc1], "0xc1 begins no value"],
    [
      "of a list that is longer than all bytes",
      [0xdd, 0xff, 0xff, 0xff, 0xff, 1],
      "a list is longer than the bytes that follow",
    ],
    [
      "of a map that is longer than all bytes",
      [0xdf, 0x7f, 0xff, 0xff, 0xff],
      "a list is longer than the bytes that follow",
    ],
    [
      "of a string that is longer than all bytes",
      [0xdb, 0xff, 0xff, 0xff, 0xff, 65],
      "4294967295 bytes are announced where 1 are left",
    ],
    [
      "of binary content that is longer than all bytes",
      [0xc6, 0x7f, 0xff, 0xff, 0xff],
      "2147483647 bytes are announced",
    ],
    ["of an unknown extension", [0xd4, 99, 0], "there is a value of an unknown type, 99,"],
    ["of a key that is no string", [0x81, 5, 5], "a key is not a string"],
    ["of a hole outside of an array", [0xd4, 0, 1], "there is a hole outside of an array"],
    ["of a map entry without value", [0xc7, 1, 5, 1], "1 bytes are announced where 0 are left"],
    ["of a date of three bytes", [0xc7, 3, 1, 0, 0, 0], "Offset is outside the bounds"],
    ["of an array buffer of no kind", [0xd4, 7, 200], "there is binary content of an unknown kind"],
    ["of a number array that ends within a number", [0xd5, 7, 6, 1], "multiple of 4"],
    ["of a regular expression that is none", [0xd8, 4, 0xa1, 0x28, 0xa0], "left"],
    ["of an error without a record", [0xd4, 8, 0xc0], "an error has no record"],
    ["of a boxed object", [0xd4, 9, 0x80], "a boxed primitive is none"],
    ["of a payload that goes on after its value", [0xd5, 9, 1, 1], "a value is shorter than its header says"],
  ])("%s are refused", (_name, bytes, problem) => {
    expect(() => decode(Uint8Array.from(bytes))).toThrow(CorruptValueError);
    expect(() => decode(Uint8Array.from(bytes))).toThrow(problem);
  });

  test("that announce lists within lists cannot claim more memory than they have bytes", () => {
    const bytes = new Uint8Array(30_000);
    for (let at = 0; at < bytes.length; at += 3) bytes.set([0xdc, 0x20, 0x00], at);
    expect(() => decode(bytes)).toThrow("a list is longer than the bytes that follow at byte 12.");
  });

  test("that nest too deep are refused before the stack ends, in every kind of container", () => {
    expect(() => decode(new Uint8Array(100_000).fill(0x91))).toThrow("values nest more than 500 levels deep");
    const maps = Uint8Array.from({ length: 100_000 }, (_, i) => [0x81, 0xa0][i % 2] as number);
    expect(() => decode(maps)).toThrow("values nest more than 500 levels deep");
    const boxes = new Uint8Array(60_006);
    for (let at = 0; at < boxes.length; at += 6) {
      boxes.set([0xc9, 0, 0, 0, 0, 6], at);
      new DataView(boxes.buffer).setUint32(at + 1, boxes.length - at - 6);
    }
    expect(() => decode(boxes)).toThrow("values nest more than 500 levels deep");
  });

  test("whose message says where, and what may have happened", () => {
    expect(() => decode(Uint8Array.of(0x92, 1, 0xc1))).toThrow(
      "The encoded value is damaged: 0xc1 begins no value at byte 3. Was it cut short, or written by a newer version of Drover?",
    );
  });

  test("of a record that is no error's are refused, however near they come", () => {
    const record = {
      name: "E",
      base: "Error",
      message: "m",
      stack: null,
      code: null,
      kind: "user",
      retryable: true,
      fields: {},
    };
    const wrapped = (value: unknown): Uint8Array => {
      const content = encode(value);
      return Buffer.concat([Buffer.of(0xc8, content.length >> 8, content.length & 255, 8), content]);
    };
    expect(decode(wrapped(record))).toMatchObject({ name: "E", message: "m" });
    for (const [key, wrong] of Object.entries({
      name: 1,
      base: null,
      message: undefined,
      stack: 5,
      code: 5,
      kind: "none",
      retryable: "yes",
      fields: null,
      cause: {},
      errors: [null],
    })) {
      expect(() => decode(wrapped({ ...record, [key]: wrong })), key).toThrow("an error has no record");
    }
  });
});
