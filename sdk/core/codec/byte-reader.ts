import { CorruptValueError } from "../errors/system-errors.ts";

/** A position in bytes that never passes their end. */
export class ByteReader {
  protected readonly bytes: Uint8Array;
  protected readonly view: DataView;
  pos = 0;
  /** Where reading has to stop: the end of the bytes, or of the payload that is being read. */
  protected end: number;
  #buffer: Buffer | null = null;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.end = bytes.byteLength;
  }

  /** An unsigned int of 1, 2 or 4 bytes. */
  protected unsigned(width: number): number {
    const start = this.advance(width);
    if (width === 1) return this.bytes[start] as number;
    return width === 2 ? this.view.getUint16(start) : this.view.getUint32(start);
  }

  /** The next so many bytes, as a view. */
  protected take(size: number): Uint8Array {
    const start = this.advance(size);
    return new Uint8Array(this.bytes.buffer, this.bytes.byteOffset + start, size);
  }

  /** Where the next so many bytes begin; they lie before the end. */
  protected advance(count: number): number {
    const start = this.pos;
    if (start + count > this.end)
      this.fail(`${count} bytes are announced where ${this.end - start} are left`);
    this.pos = start + count;
    return start;
  }

  protected text(start: number, size: number): string {
    if (size === 0) return "";
    this.#buffer ??= Buffer.from(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
    return this.#buffer.toString("utf8", start, start + size);
  }

  protected fail(problem: string): never {
    throw new CorruptValueError({ problem, offset: this.pos });
  }
}
