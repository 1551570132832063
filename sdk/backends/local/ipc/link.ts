/**
 * One end of the connection between two processes: sends and receives messages over a duplex byte stream. What is sent
 * within one turn of the event loop leaves as one frame, and what came as one frame is handed over within one turn.
 */
import type { Duplex } from "node:stream";
import { DroverError } from "../../../core/errors.ts";
import { type Attach, type Take, takeFrom } from "./crossing.ts";
import { encodeFrame, FrameReader, frameBytesMax, protocolError } from "./frame.ts";

/** A frame that has grown to this is closed, and the next message opens another: the peer can start to read. */
const frameBytesFull = 1024 * 1024;
/** A message has to fit into a frame that is almost full already. */
const messageBytesMax = frameBytesMax - 8 * frameBytesFull;

export interface LinkOptions {
  /** Gets each message. A protocol error that it throws ends the link; any other error is thrown on. */
  readonly onMessage: (message: readonly unknown[], take: Take) => void;
  /**
   * Reads nothing while the peer does not read what was sent to it. Of two ends at most one may do so, or both wait for
   * each other.
   */
  readonly pausesWhileFull: boolean;
  /**
   * Writes as soon as the code that sends has come to rest, instead of gathering for a whole turn of the event loop. Right
   * for an end that sends its messages in few places, such as after a commit.
   *
   * @default false
   */
  readonly isPrompt?: boolean;
}

interface FrameInMaking {
  texts: string[];
  attachments: Uint8Array[];
  attachmentBytes: number;
  sizeBytes: number;
}

export class Link {
  /** Resolves when the stream is gone: with what the peer did wrong, or null where it just ended. */
  readonly closed: Promise<DroverError | null>;
  readonly #stream: Duplex;
  readonly #options: LinkOptions;
  #frames: FrameInMaking[] = [];
  #bufferedBytes = 0;
  #flushIsDue = false;
  #fault: DroverError | null = null;

  constructor(stream: Duplex, options: LinkOptions) {
    this.#stream = stream;
    this.#options = options;
    const reader = new FrameReader();
    stream.on("data", (chunk: Buffer) => this.#read(reader, chunk));
    stream.on("drain", () => this.#flush());
    stream.on("end", () => stream.destroy());
    // Reset by peer or broken pipe: the close that follows says all there is to know.
    stream.on("error", () => undefined);
    this.closed = new Promise((resolve) => {
      if (stream.closed) resolve(null);
      else stream.once("close", () => resolve(this.#fault));
    });
  }

  get isOpen(): boolean {
    return !this.#stream.destroyed;
  }

  /** Bytes that were sent and that the operating system has not taken yet, roughly. */
  get bufferedBytes(): number {
    return this.#bufferedBytes + this.#stream.writableLength;
  }

  /** Sends the message that `make` returns. @throws if it is no JSON, or larger than `messageBytesMax`. */
  send(make: (attach: Attach) => readonly unknown[]): void {
    const frame = this.#openFrame();
    const attachments: Uint8Array[] = [];
    let endByte = frame.attachmentBytes;
    const message = make((bytes) => {
      attachments.push(bytes);
      const startByte = endByte;
      endByte += bytes.length;
      return [startByte, bytes.length];
    });
    const text = JSON.stringify(message);
    const sizeBytes = textBytes(text) + endByte - frame.attachmentBytes;
    if (sizeBytes > messageBytesMax) throw tooLarge(sizeBytes);
    frame.texts.push(text);
    for (const bytes of attachments) frame.attachments.push(bytes);
    frame.attachmentBytes = endByte;
    frame.sizeBytes += sizeBytes;
    this.#bufferedBytes += sizeBytes;
    if (!this.#flushIsDue) this.#scheduleFlush();
  }

  /** Ends the stream once everything is written; resolves then, or when it is gone before. */
  async end(): Promise<void> {
    this.#flush(true);
    const written = new Promise<void>((resolve) => {
      this.#stream.end(resolve);
    });
    await Promise.race([written, this.closed]);
  }

  /** Ends the stream at once. */
  destroy(): void {
    this.#stream.destroy();
  }

  #openFrame(): FrameInMaking {
    const last = this.#frames.at(-1);
    if (last !== undefined && last.sizeBytes < frameBytesFull) return last;
    const frame = { texts: [], attachments: [], attachmentBytes: 0, sizeBytes: 0 };
    this.#frames.push(frame);
    return frame;
  }

  #scheduleFlush(): void {
    this.#flushIsDue = true;
    const flush = () => {
      this.#flushIsDue = false;
      this.#flush();
    };
    // A tick that is asked for by a promise reaction comes when all of those have run.
    if (this.#options.isPrompt === true) queueMicrotask(() => process.nextTick(flush));
    else setImmediate(flush);
  }

  #flush(evenWhenFull = false): void {
    const stream = this.#stream;
    while (this.#frames.length > 0 && stream.writable && (evenWhenFull || !stream.writableNeedDrain)) {
      const frame = this.#frames.shift();
      if (frame === undefined || frame.texts.length === 0) continue;
      this.#bufferedBytes -= frame.sizeBytes;
      stream.cork();
      for (const piece of encodeFrame(frame.texts, frame.attachments)) stream.write(piece);
      stream.uncork();
    }
    if (!this.#options.pausesWhileFull) return;
    if (stream.writableNeedDrain) stream.pause();
    else if (stream.isPaused()) stream.resume();
  }

  #read(reader: FrameReader, chunk: Buffer): void {
    try {
      for (const { messages, attachments } of reader.push(chunk)) {
        const take = takeFrom(attachments);
        for (const message of messages) {
          if (!Array.isArray(message)) throw protocolError("a message that is no list");
          this.#options.onMessage(message, take);
        }
      }
    } catch (error) {
      this.#stream.destroy();
      if (!(error instanceof DroverError)) throw error;
      this.#fault = error;
    }
  }
}

/** Exact where it matters: a short text may be longer in bytes, but is never near a limit. */
function textBytes(text: string): number {
  return text.length < frameBytesFull ? text.length : Buffer.byteLength(text);
}

function tooLarge(sizeBytes: number): RangeError {
  return new RangeError(
    `A call or answer between host and replica is ${sizeBytes} bytes, at most ${messageBytesMax} can be sent at once. Split it into smaller ones.`,
  );
}
