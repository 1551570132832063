import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { takeFrom } from "../../sdk/backends/local/ipc/crossing.ts";
import { encodeFrame, type Frame, FrameReader, frameBytesMax } from "../../sdk/backends/local/ipc/frame.ts";

const frames = fc.array(
  fc.record({
    messages: fc.array(fc.jsonValue(), { maxLength: 4 }),
    attachments: fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 4 }),
  }),
  { minLength: 1, maxLength: 6 },
);

describe("frames", () => {
  it("are read as they were written, wherever the stream is cut", () => {
    fc.assert(
      fc.property(frames, fc.array(fc.integer({ min: 1, max: 97 }), { minLength: 1 }), (written, cuts) => {
        const stream = Buffer.concat(
          written.flatMap(({ messages, attachments }) => encodeFrame(messages.map(asJson), attachments)),
        );
        const read = readAll(piecesOf(stream, cuts));
        expect(read.map(({ messages }) => messages)).toEqual(
          written.map(({ messages }) => viaJson(messages)),
        );
        expect(read.map(({ attachments }) => Buffer.from(attachments))).toEqual(
          written.map(({ attachments }) => Buffer.concat(attachments)),
        );
      }),
    );
  });

  it("that claim more than the largest size are refused before anything is kept for them", () => {
    const head = Buffer.alloc(8);
    head.writeUInt32LE(frameBytesMax, 0);
    expect(() => readAll([head])).toThrow(/claims 268435464 bytes, at most 268435456/);
  });

  it.each(["{}", "[1,", ""])("whose text is %j are refused", (text) => {
    const head = Buffer.alloc(8);
    head.writeUInt32LE(text.length, 0);
    expect(() => readAll([Buffer.concat([head, Buffer.from(text)])])).toThrow(
      expect.objectContaining({ code: "IPC_PROTOCOL" }),
    );
  });

  it("large ones are written without a copy of their attachments", () => {
    const attachment = new Uint8Array(1_000_000);
    expect(encodeFrame(["1"], [attachment])[1]).toBe(attachment);
  });
});

describe("references to attachments", () => {
  it.each([
    [-1, 2],
    [0, -1],
    [0, 11],
    [10, 1],
    [0.5, 1],
    ["0", 1],
    [undefined, undefined],
  ])("to [%s, %s] of 10 bytes are refused", (startByte, sizeBytes) => {
    const take = takeFrom(new Uint8Array(10));
    expect(() => take([startByte as number, sizeBytes as number])).toThrow(
      expect.objectContaining({ code: "IPC_PROTOCOL" }),
    );
  });

  it("to a small part do not keep the whole in memory", () => {
    const taken = takeFrom(new Uint8Array(1_000).fill(7))([10, 20]);
    expect(taken).toEqual(new Uint8Array(20).fill(7));
    expect(taken.buffer.byteLength).toBe(20);
  });
});

function asJson(value: unknown): string {
  return JSON.stringify(value);
}

function viaJson(value: unknown): unknown {
  return JSON.parse(asJson(value));
}

function readAll(pieces: readonly Buffer[]): Frame[] {
  const reader = new FrameReader();
  return pieces.flatMap((piece) => [...reader.push(piece)]);
}

/** The stream in pieces of the given sizes, over and over. */
function piecesOf(stream: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0, n = 0; at < stream.length; n++) {
    const end = at + (sizes[n % sizes.length] ?? 1);
    pieces.push(stream.subarray(at, end));
    at = end;
  }
  return pieces;
}
