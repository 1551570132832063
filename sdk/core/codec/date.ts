/** Dates as values. Core never asks for the time, so this is the only place in it that knows the class. */

// biome-ignore lint/style/noRestrictedGlobals: it is the class of a value here; the clock is not read.
const DateOfValue = Date;

export type DateValue = InstanceType<typeof DateOfValue>;

export function isDate(value: object): value is DateValue {
  return value instanceof DateOfValue;
}

/** True for a Date itself, false for an instance of a class derived from it. */
export function hasDatePrototype(prototype: object): boolean {
  return prototype === DateOfValue.prototype;
}

export function dateAt(timeMs: number): DateValue {
  return new DateOfValue(timeMs);
}
