import { encodedBytesMax } from "./wire.ts";

const firstSizeBytes = 64 * 1024;
const keptSizeBytes = 4 * 1024 * 1024;

/** Up to this length a string of ASCII is written faster letter by letter than by a call into the runtime. */
const shortStringLength = 40;

/** Thrown by a writer that would pass its `bytesMax`. */
export class TooManyBytes extends Error {}

/** MessagePack primitives in a buffer that grows and is used again for the next value. */
export class ByteWriter {
  pos = 0;
  bytes = new Uint8Array(0);
  view = new DataView(this.bytes.buffer);
  #buffer = Buffer.from(this.bytes.buffer);
  #bytesMax = encodedBytesMax;

  start(bytesMax: number): void {
    this.pos = 0;
    this.#bytesMax = bytesMax;
    if (this.bytes.length === 0 || this.bytes.length > keptSizeBytes) this.#allocate(firstSizeBytes);
  }

  /** Makes room for so many more bytes. Whoever writes calls it first. */
  ensure(count: number): void {
    if (this.pos + count > this.bytes.length) this.#grow(this.pos + count);
  }

  /** @throws TooManyBytes when more was written than `start` allowed. */
  checkSize(): void {
    if (this.pos > this.#bytesMax) throw new TooManyBytes();
  }

  number(value: number): void {
    this.ensure(9);
    // A negative zero passes for an int by every comparison but this one.
    if ((value | 0) !== value || Object.is(value, -0)) this.#wideNumber(value);
    else if (value >= -32 && value < 128) this.bytes[this.pos++] = value;
    else if (value >= 0) this.unsigned(value, 0xcc);
    else if (value >= -0x80) this.#tagged(0xd0, value, 1);
    else if (value >= -0x8000) this.#tagged(0xd1, value, 2);
    else this.#tagged(0xd2, value, 4);
  }

  /** A well-formed string. */
  string(text: string): void {
    if (text.length > shortStringLength || !this.#asciiString(text)) this.#longString(text);
  }

  byte(value: number): void {
    this.ensure(1);
    this.bytes[this.pos++] = value;
  }

  /** An unsigned int after the tag for 8, 16 or 32 bits that fits it; `tag8` is the first of the three. */
  unsigned(value: number, tag8: number): void {
    if (value < 0x100) this.#tagged(tag8, value, 1);
    else if (value < 0x10000) this.#tagged(tag8 + 1, value, 2);
    else this.#tagged(tag8 + 2, value, 4);
  }

  arrayHeader(count: number): void {
    this.ensure(5);
    if (count < 16) this.bytes[this.pos++] = 0x90 | count;
    else if (count < 0x10000) this.#tagged(0xdc, count, 2);
    else this.#tagged(0xdd, count, 4);
  }

  mapHeader(count: number): void {
    this.ensure(5);
    if (count < 16) this.bytes[this.pos++] = 0x80 | count;
    else if (count < 0x10000) this.#tagged(0xde, count, 2);
    else this.#tagged(0xdf, count, 4);
  }

  /** A payload of a known size; its bytes follow. */
  extensionHeader(type: number, size: number): void {
    this.ensure(6 + size);
    const fixed = size > 0 && size <= 16 && (size & (size - 1)) === 0;
    if (fixed) this.bytes[this.pos++] = 0xd4 + Math.log2(size);
    else this.unsigned(size, 0xc7);
    this.bytes[this.pos++] = type;
  }

  /** A payload whose size is known when it is written: pass the result to `endExtension`. */
  beginExtension(type: number): number {
    this.ensure(6);
    this.#tagged(0xc9, 0, 4);
    this.bytes[this.pos++] = type;
    return this.pos;
  }

  endExtension(start: number): void {
    this.view.setUint32(start - 5, this.pos - start);
  }

  raw(source: Uint8Array): void {
    this.ensure(source.length);
    this.bytes.set(source, this.pos);
    this.pos += source.length;
  }

  text(text: string, encoding: "hex" | "utf16le", size: number): void {
    this.ensure(size);
    this.pos += this.#buffer.write(text, this.pos, size, encoding);
  }

  #wideNumber(value: number): void {
    if (value >>> 0 === value && value > 0) {
      this.unsigned(value, 0xcc);
      return;
    }
    this.bytes[this.pos] = 0xcb;
    // All NaNs are one value, so all have one encoding.
    if (Number.isNaN(value)) this.view.setBigUint64(this.pos + 1, 0x7ff8_0000_0000_0000n);
    else this.view.setFloat64(this.pos + 1, value);
    this.pos += 9;
  }

  /** False, with nothing written, for a string with other letters than ASCII. */
  #asciiString(text: string): boolean {
    const length = text.length;
    this.ensure(length + 2);
    const bytes = this.bytes;
    let at = this.pos + (length < 32 ? 1 : 2);
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 127) return false;
      bytes[at++] = code;
    }
    this.#stringHeader(length);
    this.pos = at;
    return true;
  }

  #longString(text: string): void {
    const size = Buffer.byteLength(text);
    this.ensure(size + 5);
    this.#stringHeader(size);
    // Each UTF-16 unit of ASCII is one byte, so equal lengths mean that nothing has to be transcoded.
    this.pos += this.#buffer.write(text, this.pos, size, size === text.length ? "latin1" : "utf8");
  }

  #stringHeader(size: number): void {
    if (size < 32) this.bytes[this.pos++] = 0xa0 | size;
    else this.unsigned(size, 0xd9);
  }

  #tagged(tag: number, value: number, width: 1 | 2 | 4): void {
    this.bytes[this.pos] = tag;
    if (width === 1) this.bytes[this.pos + 1] = value;
    else if (width === 2) this.view.setUint16(this.pos + 1, value);
    else this.view.setUint32(this.pos + 1, value);
    this.pos += 1 + width;
  }

  #grow(needed: number): void {
    if (needed > this.#bytesMax + firstSizeBytes) throw new TooManyBytes();
    const old = this.bytes;
    this.#allocate(Math.max(needed, old.length * 2));
    this.bytes.set(old.subarray(0, this.pos));
  }

  #allocate(size: number): void {
    const memory = new ArrayBuffer(size);
    this.bytes = new Uint8Array(memory);
    this.view = new DataView(memory);
    this.#buffer = Buffer.from(memory);
  }
}
