/** Writers of values that hold no other values, beyond numbers and strings. */
import type { ByteWriter } from "./byte-writer.ts";
import { binaryKinds, extension } from "./wire.ts";

export function writeUndefined(out: ByteWriter): void {
  writeAbsent(out, 0);
}

export function writeHole(out: ByteWriter): void {
  writeAbsent(out, 1);
}

function writeAbsent(out: ByteWriter, which: 0 | 1): void {
  out.extensionHeader(extension.absent, 1);
  out.bytes[out.pos++] = which;
}

export function writeDate(out: ByteWriter, timeMs: number): void {
  out.extensionHeader(extension.date, 8);
  out.view.setFloat64(out.pos, timeMs);
  out.pos += 8;
}

export function writeBigInt(out: ByteWriter, value: bigint): void {
  const negative = value < 0n;
  const digits = (negative ? -value : value).toString(16);
  const hex = digits.length % 2 === 0 ? digits : `0${digits}`;
  out.extensionHeader(extension.bigint, 1 + hex.length / 2);
  out.byte(negative ? 1 : 0);
  out.text(hex, "hex", hex.length / 2);
}

/** Any string: one with half a surrogate pair has no UTF-8, and would come back changed. */
export function writeString(out: ByteWriter, text: string): void {
  if (text.isWellFormed()) {
    out.string(text);
  } else {
    out.extensionHeader(extension.utf16, text.length * 2);
    out.text(text, "utf16le", text.length * 2);
  }
}

export function writeArrayBuffer(out: ByteWriter, buffer: ArrayBuffer): void {
  writeBinary(out, "ArrayBuffer", new Uint8Array(buffer));
}

/** Only the part that the view shows travels. A Buffer, or another class of one's own, travels as the typed array it is. */
export function writeView(out: ByteWriter, view: ArrayBufferView): void {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  const kind = view instanceof DataView ? "DataView" : typedArrayName.call(view);
  if (kind !== "Uint8Array") {
    writeBinary(out, kind, bytes);
  } else {
    out.ensure(5);
    out.unsigned(bytes.length, 0xc4);
    out.raw(bytes);
  }
}

/** The getter behind `Symbol.toStringTag` looks at what the memory is, not at what a class says about it. */
const typedArrayName = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag,
)?.get as () => string;

function writeBinary(out: ByteWriter, kind: string, bytes: Uint8Array): void {
  const index = binaryKinds.indexOf(kind as (typeof binaryKinds)[number]);
  if (index === -1) throw new TypeError(`There is no encoding for a ${kind}.`);
  out.extensionHeader(extension.binary, 1 + bytes.length);
  out.byte(index);
  out.raw(bytes);
}
