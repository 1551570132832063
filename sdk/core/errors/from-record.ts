import { knownPrototype } from "./known-classes.ts";
import { type ErrorRecord, isErrorRecord } from "./record.ts";

/**
 * What the record was made of: an error, or the value that was thrown.
 *
 * Errors of Drover's and JavaScript's own classes are instances of them. An error of another class is an instance of the
 * nearest of those, and has the class name as its `name`: test `error.name === "PaymentError"`, or its fields.
 *
 * @example fromErrorRecord(toErrorRecord(new TypeError("no"))) instanceof TypeError // true
 */
export function fromErrorRecord(record: ErrorRecord): unknown {
  if (record.kind === "thrown value") return record.value;
  const error = new Error(record.message);
  const prototype = knownPrototype(record.base);
  Object.setPrototypeOf(error, prototype);
  if (record.name !== prototype.name) hide(error, "name", record.name);
  hide(error, "stack", record.stack ?? undefined);
  if (record.cause !== undefined) hide(error, "cause", fromErrorRecord(record.cause));
  if (record.errors !== undefined) hide(error, "errors", record.errors.map(fromErrorRecord));
  if (record.code !== null) show(error, "code", record.code);
  if (isDroverBase(prototype)) {
    show(error, "kind", record.kind);
    show(error, "retryable", record.retryable);
  }
  for (const [key, value] of Object.entries(record.fields)) show(error, key, value);
  return error;
}

/** As `fromErrorRecord`, for a record that came from outside. @throws when it is no record of an error. */
export function errorFrom(record: unknown): unknown {
  if (!isErrorRecord(record)) throw new Error("an error has no record");
  return fromErrorRecord(record);
}

function isDroverBase(prototype: object): boolean {
  return prototype === droverPrototype || Object.prototype.isPrototypeOf.call(droverPrototype, prototype);
}

const droverPrototype = knownPrototype("DroverError");

/** A property as the language itself gives to errors. */
function hide(error: Error, key: string, value: unknown): void {
  Object.defineProperty(error, key, { value, writable: true, enumerable: false, configurable: true });
}

/** A property as an assignment makes it, which is safe for every key. */
function show(error: Error, key: string, value: unknown): void {
  Object.defineProperty(error, key, { value, writable: true, enumerable: true, configurable: true });
}
