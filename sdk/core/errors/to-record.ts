/**
 * What was thrown, as a record. Anything can be thrown, so nothing here trusts what it reads, and everything is bounded:
 *
 * E1. No read of a foreign property lets its error out.
 * E2. One record holds at most `errorsMax` errors, nested at most `nestingMax` deep; an error within itself ends the nesting.
 * E3. A record of what was made from a record is equal to that record.
 */

import { readValue } from "../codec/value-reader.ts";
import { writeValue } from "../codec/value-writer.ts";
import { DroverError, type ErrorKind } from "./drover-error.ts";
import { errorFrom } from "./from-record.ts";
import { knownBaseOf } from "./known-classes.ts";
import type { ErrorRecord } from "./record.ts";
import { cut, thrownText } from "./thrown-text.ts";
import { UnserializableValueError } from "./unserializable-value-error.ts";

const errorsMax = 64;
const nestingMax = 16;
const fieldsMax = 100;

/** Characters of a text, bytes of the fields together. Errors within errors get less, so that a whole record stays bounded. */
const outermostSizeMax = 65_536;
const nestedSizeMax = 8_192;

/** The errors that are being recorded, outermost first. A record's fields may hold errors, so this outlives a call. */
const inProgress: unknown[] = [];
let recorded = 0;

/**
 * What was thrown, as data that `encode` takes and `fromErrorRecord` turns back. Never throws itself.
 *
 * Kept are the class name, message, stack, code, cause, the errors of an AggregateError and all own enumerable properties.
 * Properties that cannot travel are replaced by a text that says so. A thrown string, object or undefined is kept as a
 * record of kind `thrown value`. Chains of causes are followed 16 deep.
 *
 * @example toErrorRecord(new TypeError("no", { cause: "because" })).cause?.value // "because"
 */
export function toErrorRecord(thrown: unknown): ErrorRecord {
  const outermost = inProgress.length === 0;
  if (outermost) recorded = 0;
  const stop = stopReason(thrown);
  if (stop !== null) return valueRecord(`[${stop}: ${thrownText(thrown)}]`);
  recorded++;
  inProgress.push(thrown);
  try {
    const sizeMax = outermost ? outermostSizeMax : nestedSizeMax;
    return Error.isError(thrown) || isErrorInstance(thrown)
      ? errorRecord(thrown, sizeMax)
      : valueRecord(thrown, sizeMax);
  } catch {
    return valueRecord("[something was thrown that cannot be read]");
  } finally {
    inProgress.pop();
  }
}

function stopReason(thrown: unknown): string | null {
  if (!isErrorInstance(thrown)) return null;
  if (inProgress.includes(thrown)) return "the same error again";
  if (inProgress.length >= nestingMax) return `nested more than ${nestingMax} deep`;
  return recorded >= errorsMax ? `more than ${errorsMax} errors` : null;
}

function isErrorInstance(thrown: unknown): thrown is Error {
  try {
    return thrown instanceof Error || Error.isError(thrown);
  } catch {
    return false;
  }
}

function errorRecord(error: Error, sizeMax: number): ErrorRecord {
  const base = knownBaseOf(error);
  const name = cut(nameOf(error, base), nestedSizeMax);
  const ours = error instanceof DroverError;
  const stack = read(error, "stack");
  const code = read(error, "code");
  const causes = hasCause(error) ? { cause: toErrorRecord(read(error, "cause")) } : {};
  const errors = base === "AggregateError" ? { errors: errorRecords(read(error, "errors")) } : {};
  return {
    name,
    base,
    message: cut(String(read(error, "message") ?? ""), sizeMax),
    stack: typeof stack === "string" ? cut(titled(stack, name, base), sizeMax) : null,
    code: typeof code === "string" ? cut(code, nestedSizeMax) : null,
    kind: ours ? kindOf(error) : "user",
    retryable: !ours || read(error, "retryable") !== false,
    ...causes,
    ...errors,
    fields: fieldsOf(error, base, sizeMax),
  };
}

/** What is no error travels as itself when it can, else as a text. */
function valueRecord(thrown: unknown, sizeMax = nestedSizeMax): ErrorRecord {
  const value = typeof thrown === "string" ? cut(thrown, sizeMax) : copyOf(thrown, sizeMax).value;
  return {
    name: "ThrownValue",
    base: "Error",
    message: thrownText(value),
    stack: null,
    code: null,
    kind: "thrown value",
    retryable: true,
    fields: {},
    value,
  };
}

/**
 * A class that sets no `name` inherits that of the class above it; its constructor then knows better. Of an error that was
 * restored, the name is its own property.
 */
function nameOf(error: Error, base: string): string {
  const name = read(error, "name");
  if (typeof name === "string" && name !== base) return name;
  if (Object.hasOwn(error, "name") && typeof name === "string") return name;
  const className = read(read(Object.getPrototypeOf(error), "constructor"), "name");
  return typeof className === "string" && className !== "" ? className : base;
}

/**
 * The language writes the first line of a stack before a class can set its name, so it says `Error: …`. There it gets the name,
 * because what is restored has no class by which a console could correct it.
 */
function titled(stack: string, name: string, base: string): string {
  const title = [base, "Error"].find(
    (text) => stack.startsWith(text) && /^(?::|\n|$)/.test(stack.slice(text.length)),
  );
  return title === undefined || stack.startsWith(name) ? stack : name + stack.slice(title.length);
}

function kindOf(error: DroverError): ErrorKind {
  const kind = read(error, "kind");
  return kind === "system" || kind === "unknown" ? kind : "user";
}

function hasCause(error: Error): boolean {
  return Object.hasOwn(error, "cause") || read(error, "cause") !== undefined;
}

function errorRecords(errors: unknown): readonly ErrorRecord[] {
  if (!Array.isArray(errors)) return [];
  const kept = errors.slice(0, errorsMax).map(toErrorRecord);
  return errors.length <= errorsMax
    ? kept
    : [...kept.slice(0, -1), valueRecord(`[${errors.length - errorsMax + 1} more errors]`)];
}

const ownParts: ReadonlySet<string> = new Set(["name", "message", "stack", "cause"]);
const droverParts: ReadonlySet<string> = new Set(["code", "kind", "retryable"]);

function fieldsOf(error: Error, base: string, sizeMax: number): Readonly<Record<string, unknown>> {
  const fields: [string, unknown][] = [];
  let left = sizeMax;
  for (const key of Object.keys(error)) {
    if (ownParts.has(key) || (error instanceof DroverError && droverParts.has(key))) continue;
    if (key === "errors" && base === "AggregateError") continue;
    if (fields.length === fieldsMax) break;
    const { value, sizeBytes } = copyOf(read(error, key), left);
    // A text there is the code of the record; one that stands for what cannot travel must not become it.
    if (key === "code" && typeof value === "string") continue;
    left -= sizeBytes;
    fields.push([key, value]);
  }
  return Object.fromEntries(fields);
}

const notKept = "[not kept: ";

/** A copy that nobody else can change, or a text in its place. Such a text costs nothing, for E3. */
function copyOf(value: unknown, bytesMax: number): { readonly value: unknown; readonly sizeBytes: number } {
  if (typeof value === "string" && value.startsWith(notKept) && value.length < nestedSizeMax)
    return { value, sizeBytes: 0 };
  try {
    const bytes = writeValue(value, "value", { recordOf: toErrorRecord, bytesMax }, (out) =>
      out.bytes.slice(0, out.pos),
    );
    return { value: readValue(bytes, errorFrom), sizeBytes: bytes.length };
  } catch (error) {
    const reason = error instanceof UnserializableValueError ? error.found : "something that cannot be read";
    return { value: cut(`${notKept}${reason}]`, nestedSizeMax - 1), sizeBytes: 0 };
  }
}

function read(holder: unknown, key: string): unknown {
  try {
    return (holder as Record<string, unknown>)[key];
  } catch {
    return undefined;
  }
}
