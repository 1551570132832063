/**
 * The bytes between two processes. A frame is one turn's worth of messages: a head of two 32-bit numbers (bytes of the
 * text, bytes of the attachments, both little-endian), the messages as the JSON text of one array, then the attachments
 * one after another. Byte strings travel as attachments, so that they are never turned into text.
 */
import { DroverError } from "../../../core/errors.ts";

/** No frame is larger, head included. What claims to be is not ours, or damaged. */
export const frameBytesMax = 256 * 1024 * 1024;

const headBytes = 8;
/** A frame up to this size is copied into one buffer, which costs less than a write of several pieces. */
const joinedBytesMax = 256 * 1024;

export interface Frame {
  readonly messages: readonly unknown[];
  readonly attachments: Uint8Array;
}

/** The pieces to write for a frame, in order. `texts` are JSON texts, one of each message. */
export function encodeFrame(texts: readonly string[], attachments: readonly Uint8Array[]): Uint8Array[] {
  const text = `[${texts.join(",")}]`;
  const textBytes = Buffer.byteLength(text);
  let attachmentBytes = 0;
  for (const attachment of attachments) attachmentBytes += attachment.length;
  const sizeBytes = headBytes + textBytes + attachmentBytes;
  const joined = sizeBytes <= joinedBytesMax;
  const first = Buffer.allocUnsafe(joined ? sizeBytes : headBytes + textBytes);
  first.writeUInt32LE(textBytes, 0);
  first.writeUInt32LE(attachmentBytes, 4);
  first.write(text, headBytes, "utf8");
  if (!joined) return [first, ...attachments];
  let at = headBytes + textBytes;
  for (const attachment of attachments) {
    first.set(attachment, at);
    at += attachment.length;
  }
  return [first];
}

/** Cuts a byte stream into frames, wherever its chunks begin and end. */
export class FrameReader {
  #chunks: Buffer[] = [];
  #haveBytes = 0;
  /** Bytes without which nothing can be told: the head, then the whole frame. */
  #needBytes = headBytes;

  /**
   * The frames that are complete with this chunk.
   *
   * @throws DroverError with code IPC_PROTOCOL for what no end of ours would write; the stream is of no use after that.
   */
  *push(chunk: Buffer): Generator<Frame> {
    this.#chunks.push(chunk);
    this.#haveBytes += chunk.length;
    while (this.#haveBytes >= this.#needBytes) {
      const [first = chunk] = this.#chunks;
      // The chunks are joined only when something can be read from them: a frame of n chunks is copied once.
      const joined = this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks, this.#haveBytes);
      const sizeBytes = frameSizeBytes(joined);
      this.#chunks = [joined];
      this.#needBytes = sizeBytes;
      if (joined.length < sizeBytes) return;
      yield decodeFrame(joined, sizeBytes);
      this.#haveBytes = joined.length - sizeBytes;
      this.#chunks = this.#haveBytes === 0 ? [] : [joined.subarray(sizeBytes)];
      this.#needBytes = headBytes;
    }
  }
}

function frameSizeBytes(head: Buffer): number {
  const sizeBytes = headBytes + head.readUInt32LE(0) + head.readUInt32LE(4);
  if (sizeBytes <= frameBytesMax) return sizeBytes;
  throw protocolError(`a frame that claims ${sizeBytes} bytes, at most ${frameBytesMax} are allowed`);
}

function decodeFrame(frame: Buffer, sizeBytes: number): Frame {
  const textEnd = headBytes + frame.readUInt32LE(0);
  const messages = parse(frame.toString("utf8", headBytes, textEnd));
  if (!Array.isArray(messages)) throw protocolError("a frame without a list of messages");
  return {
    messages,
    attachments: new Uint8Array(frame.buffer, frame.byteOffset + textEnd, sizeBytes - textEnd),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw protocolError("a frame that is no JSON text", cause);
  }
}

export function protocolError(found: string, cause?: unknown): DroverError {
  return new DroverError(
    `The connection between host and replica carries ${found}. Does the task's code write to file descriptor 3 or 4?`,
    { code: "IPC_PROTOCOL", kind: "system", retryable: false, cause },
  );
}
