/**
 * The one walk over a value, for storage and for hashing.
 *
 * W1. What is refused names its path: `#place` holds the way from the root to where the walk stands.
 * W2. A walk may start within a walk (a getter, an error's fields): a writer at work is never handed out again.
 */
import { UnserializableValueError } from "../errors/unserializable-value-error.ts";
import { ByteWriter, TooManyBytes } from "./byte-writer.ts";
import { canonicalKeys, sortEntries } from "./canonical-order.ts";
import { hasDatePrototype, isDate } from "./date.ts";
import { Place } from "./place.ts";
import { type Refusal, refusalOf, refusals } from "./refusal.ts";
import { depthMax, encodedBytesMax, extension, holesMax } from "./wire.ts";
import {
  writeArrayBuffer,
  writeBigInt,
  writeDate,
  writeHole,
  writeString,
  writeUndefined,
  writeView,
} from "./write-leaf.ts";

export interface WriteOptions {
  /** The plain object that stands for an error. */
  readonly recordOf: (error: Error) => object;
  /** True for an encoding that does not depend on the order of keys, entries and members. @default false */
  readonly canonical?: boolean;
  /** @default encodedBytesMax */
  readonly bytesMax?: number;
}

let idle: ValueWriter | null = null;

/**
 * Encodes a value, and hands the writer with its bytes (valid during the call only) to `use`.
 *
 * @param what Names the value in errors; its first word begins the path.
 * @throws UnserializableValueError
 */
export function writeValue<T>(
  value: unknown,
  what: string,
  options: WriteOptions,
  use: (out: ByteWriter) => T,
): T {
  const writer = idle ?? new ValueWriter();
  idle = null;
  try {
    writer.write(value, what, options);
    return use(writer.out);
  } finally {
    idle = writer;
  }
}

class ValueWriter {
  readonly out = new ByteWriter();
  readonly #place = new Place();
  #canonical = false;
  #recordOf: WriteOptions["recordOf"] = Object;
  #what = "";

  write(value: unknown, what: string, options: WriteOptions): void {
    const { canonical = false, bytesMax = encodedBytesMax } = options;
    this.#what = what;
    this.#canonical = canonical;
    this.#recordOf = options.recordOf;
    this.out.start(bytesMax);
    try {
      this.#value(value);
      this.out.checkSize();
    } catch (error) {
      if (error instanceof UnserializableValueError) throw error;
      if (error instanceof TooManyBytes) this.#refuse(refusals.tooLarge(bytesMax), 0);
      this.#refuse(refusals.unreadable(error), this.#place.depth, error);
    } finally {
      if (this.#place.depth > 0) this.#place.clear();
    }
  }

  #value(value: unknown): void {
    if (typeof value === "string") writeString(this.out, value);
    else if (typeof value === "number") this.out.number(value);
    else if (value === null) this.out.byte(0xc0);
    else if (typeof value === "object") this.#object(value);
    else if (typeof value === "boolean") this.out.byte(value ? 0xc3 : 0xc2);
    else if (value === undefined) writeUndefined(this.out);
    else if (typeof value === "bigint") writeBigInt(this.out, value);
    else this.#refuse(refusalOf(value), this.#place.depth);
  }

  #object(value: object): void {
    const place = this.#place;
    if (place.depth >= depthMax) this.#refuse(refusals.tooDeep(depthMax), place.depth);
    const level = place.levelOf(value);
    if (level !== -1) this.#refuse(refusals.cycle(this.#path(level)), place.depth);
    place.enter(value);
    if (Array.isArray(value)) this.#array(value);
    else {
      const prototype: object | null = Object.getPrototypeOf(value);
      if (prototype === Object.prototype || prototype === null) this.#plain(value as Record<string, unknown>);
      else this.#builtIn(value, prototype);
    }
    place.leave();
  }

  #array(items: readonly unknown[]): void {
    // The name tells a class of the user's from the Array of another realm.
    if (items.constructor !== Array && items.constructor?.name !== "Array") this.#refuseSubclass(items);
    const out = this.out;
    out.arrayHeader(items.length);
    let holes = 0;
    for (let i = 0; i < items.length; i++) {
      const item = items[i];
      if (typeof item === "number") {
        out.number(item);
      } else if (item === undefined && !(i in items)) {
        if (++holes > holesMax) this.#refuse(refusals.holes(holesMax), this.#place.depth - 1);
        writeHole(out);
      } else {
        this.#place.at(i);
        this.#value(item);
      }
    }
  }

  #plain(value: Record<string, unknown>): void {
    const out = this.out;
    for (const symbol of Object.getOwnPropertySymbols(value)) {
      if (Object.prototype.propertyIsEnumerable.call(value, symbol))
        this.#refuse(refusals.symbolKey(symbol), this.#place.depth - 1);
    }
    const own = Object.keys(value);
    const keys = this.#canonical ? canonicalKeys(own) : own;
    out.mapHeader(keys.length);
    for (const key of keys) {
      writeString(out, key);
      this.#place.at(key);
      this.#value(value[key]);
    }
  }

  #builtIn(value: object, prototype: object): void {
    const out = this.out;
    if (isDate(value) && hasDatePrototype(prototype)) writeDate(out, value.getTime());
    else if (ArrayBuffer.isView(value)) writeView(out, value);
    else if (value instanceof ArrayBuffer) writeArrayBuffer(out, value);
    else if (prototype === Map.prototype) this.#map(value as Map<unknown, unknown>);
    else if (prototype === Set.prototype) this.#set(value as Set<unknown>);
    else if (prototype === RegExp.prototype) this.#regExp(value as RegExp);
    else if (value instanceof Error || Error.isError(value))
      this.#nested(extension.error, this.#recordOf(value));
    else if (isBoxed(prototype)) this.#nested(extension.boxed, value.valueOf());
    else if (isForeignPlain(value, prototype)) this.#plain(value as Record<string, unknown>);
    else this.#refuseSubclass(value);
  }

  #map(map: ReadonlyMap<unknown, unknown>): void {
    const start = this.out.beginExtension(extension.map);
    const ends: number[] = [];
    let number = 0;
    for (const [key, value] of map) {
      this.#place.at(number++);
      this.#value(key);
      this.#place.at(number++);
      this.#value(value);
      if (this.#canonical) ends.push(this.out.pos);
    }
    sortEntries(this.out, start, ends);
    this.out.endExtension(start);
  }

  #set(set: ReadonlySet<unknown>): void {
    const start = this.out.beginExtension(extension.set);
    const ends: number[] = [];
    let number = 0;
    for (const member of set) {
      this.#place.at(number++);
      this.#value(member);
      if (this.#canonical) ends.push(this.out.pos);
    }
    sortEntries(this.out, start, ends);
    this.out.endExtension(start);
  }

  #regExp(value: RegExp): void {
    const start = this.out.beginExtension(extension.regExp);
    writeString(this.out, value.source);
    writeString(this.out, value.flags);
    this.out.endExtension(start);
  }

  #nested(type: number, content: unknown): void {
    const start = this.out.beginExtension(type);
    this.#place.at("");
    this.#value(content);
    this.out.endExtension(start);
  }

  #refuseSubclass(value: object): never {
    this.#refuse(refusalOf(value), this.#place.depth - 1);
  }

  /** @param depth How many containers lead to the value that is refused. */
  #refuse(refusal: Refusal, depth: number, ...cause: unknown[]): never {
    const reason = cause.length === 0 ? {} : { cause: cause[0] };
    throw new UnserializableValueError({ what: this.#what, path: this.#path(depth), ...refusal, ...reason });
  }

  #path(depth: number): string {
    const root = /^\w+/.exec(this.#what)?.[0].toLowerCase() ?? "value";
    return this.#place.path(root, depth);
  }
}

function isBoxed(prototype: object): boolean {
  return (
    prototype === Number.prototype ||
    prototype === String.prototype ||
    prototype === Boolean.prototype ||
    prototype === BigInt.prototype
  );
}

/** A plain object of another realm, such as a test runner's: its prototype is an Object.prototype, only not ours. */
function isForeignPlain(value: object, prototype: object): boolean {
  return Object.getPrototypeOf(prototype) === null && value.constructor?.name === "Object";
}
