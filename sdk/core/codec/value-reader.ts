/**
 * Decoding, with bytes that anyone may have written.
 *
 * R1. Every length is checked against the bytes that are left before anything is made of it (ByteReader).
 * R2. Elements announced by all headers together are never more than there are bytes, as each element takes at least one.
 *     Memory therefore is bounded by the size of the input, whatever it announces.
 * R3. Containers nest no deeper than `depthMax`.
 */
import { CorruptValueError } from "../errors/system-errors.ts";
import { ByteReader } from "./byte-reader.ts";
import { KeyCache } from "./key-cache.ts";
import { readBigInt, readBinary, readBoxed, readDate, readRegExp } from "./read-leaf.ts";
import { depthMax, extension } from "./wire.ts";

/** Makes the error that a decoded record stands for. @throws when it is no record of an error. */
export type ErrorReader = (record: unknown) => unknown;

const hole = Symbol("hole");
const keyCache = new KeyCache();

/** @throws CorruptValueError for bytes that no writer of ours has made. */
export function readValue(bytes: Uint8Array, errorFrom: ErrorReader): unknown {
  const reader = new ValueReader(bytes, errorFrom);
  try {
    return reader.readAll();
  } catch (error) {
    if (error instanceof CorruptValueError) throw error;
    const problem = error instanceof Error ? error.message : String(error);
    throw new CorruptValueError({ problem, offset: reader.pos, cause: error });
  }
}

class ValueReader extends ByteReader {
  readonly #errorFrom: ErrorReader;
  #depth = 0;
  #announced = 0;

  constructor(bytes: Uint8Array, errorFrom: ErrorReader) {
    super(bytes);
    this.#errorFrom = errorFrom;
  }

  readAll(): unknown {
    const value = this.#value();
    if (this.pos !== this.end) this.fail("there is more after the end of the value");
    return value;
  }

  /** A value where a hole cannot be. */
  #value(): unknown {
    const value = this.#valueOrHole();
    if (value === hole) this.fail("there is a hole outside of an array");
    return value;
  }

  #valueOrHole(): unknown {
    const tag = this.unsigned(1);
    if (tag < 0x80) return tag;
    if (tag < 0x90) return this.#map(tag & 0x0f);
    if (tag < 0xa0) return this.#array(tag & 0x0f);
    if (tag < 0xc0) return this.#string(tag & 0x1f);
    if (tag >= 0xe0) return tag - 0x100;
    return this.#tagged(tag);
  }

  #tagged(tag: number): unknown {
    switch (tag) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return this.take(this.unsigned(1 << (tag - 0xc4))).slice();
      case 0xc7:
      case 0xc8:
      case 0xc9:
        return this.#extension(this.unsigned(1 << (tag - 0xc7)));
      case 0xca:
        return this.view.getFloat32(this.advance(4));
      case 0xcb:
        return this.view.getFloat64(this.advance(8));
      case 0xcc:
      case 0xcd:
      case 0xce:
        return this.unsigned(1 << (tag - 0xcc));
      case 0xcf:
        return numberOf(this.view.getBigUint64(this.advance(8)));
      case 0xd0:
        return this.view.getInt8(this.advance(1));
      case 0xd1:
        return this.view.getInt16(this.advance(2));
      case 0xd2:
        return this.view.getInt32(this.advance(4));
      case 0xd3:
        return numberOf(this.view.getBigInt64(this.advance(8)));
      case 0xd4:
      case 0xd5:
      case 0xd6:
      case 0xd7:
      case 0xd8:
        return this.#extension(1 << (tag - 0xd4));
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.#string(this.unsigned(1 << (tag - 0xd9)));
      case 0xdc:
      case 0xdd:
        return this.#array(this.unsigned(2 << (tag - 0xdc)));
      case 0xde:
      case 0xdf:
        return this.#map(this.unsigned(2 << (tag - 0xde)));
      default:
        return this.fail(`0x${tag.toString(16)} begins no value`);
    }
  }

  #array(count: number): unknown[] {
    this.#enter(count);
    const items: unknown[] = [];
    for (let i = 0; i < count; i++) {
      const item = this.#valueOrHole();
      if (item === hole) items.length++;
      else items.push(item);
    }
    this.#depth--;
    return items;
  }

  #map(count: number): Record<string, unknown> {
    this.#enter(count * 2);
    const object: Record<string, unknown> = {};
    for (let i = 0; i < count; i++) {
      const key = this.#key();
      const value = this.#value();
      if (key !== "__proto__") object[key] = value;
      // An assignment would set the prototype, and make the key vanish.
      else
        Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
    }
    this.#depth--;
    return object;
  }

  #key(): string {
    const tag = this.bytes[this.pos] ?? 0;
    if (tag >= 0xa0 && tag < 0xc0) {
      this.advance(1);
      const size = tag & 0x1f;
      const start = this.advance(size);
      return keyCache.get(this.bytes, start, size) ?? this.text(start, size);
    }
    const key = this.#value();
    return typeof key === "string" ? key : this.fail("a key is not a string");
  }

  #string(size: number): string {
    return this.text(this.advance(size), size);
  }

  #extension(size: number): unknown {
    const type = this.unsigned(1);
    const start = this.pos;
    const payload = this.take(size);
    switch (type) {
      case extension.absent:
        return payload[0] === 1 ? hole : undefined;
      case extension.date:
        return readDate(payload);
      case extension.bigint:
        return readBigInt(payload);
      case extension.utf16:
        return Buffer.from(payload).toString("utf16le");
      case extension.binary:
        return readBinary(payload);
      default:
        return this.#within(start, () => this.#nested(type));
    }
  }

  #nested(type: number): unknown {
    switch (type) {
      case extension.map:
        return this.#entries();
      case extension.set:
        return this.#members();
      case extension.regExp:
        return readRegExp(this.#value(), this.#value());
      case extension.error:
        return this.#errorFrom(this.#value());
      case extension.boxed:
        return readBoxed(this.#value());
      default:
        return this.fail(`there is a value of an unknown type, ${type},`);
    }
  }

  #entries(): Map<unknown, unknown> {
    const map = new Map<unknown, unknown>();
    while (this.pos < this.end) map.set(this.#value(), this.#value());
    return map;
  }

  #members(): Set<unknown> {
    const set = new Set<unknown>();
    while (this.pos < this.end) set.add(this.#value());
    return set;
  }

  /** Reads the payload from `start` up to here as a value of its own, which must end where the payload ends. */
  #within<T>(start: number, read: () => T): T {
    const outerEnd = this.end;
    this.end = this.pos;
    this.pos = start;
    this.#enter(0);
    const value = read();
    if (this.pos !== this.end) this.fail("a value is shorter than its header says");
    this.#depth--;
    this.end = outerEnd;
    return value;
  }

  #enter(count: number): void {
    this.#announced += count;
    if (this.#announced > this.bytes.length) this.fail("a list is longer than the bytes that follow");
    if (++this.#depth > depthMax) this.fail(`values nest more than ${depthMax} levels deep`);
  }
}

/** Our writer makes no 64-bit ints; those of others are numbers where a number holds them. */
function numberOf(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
