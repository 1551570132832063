/**
 * Values of tasks as JSON. What JSON knows stays as it is; for the rest:
 *
 * | value                           | JSON                                                              |
 * |---------------------------------|-------------------------------------------------------------------|
 * | undefined                       | null; left out as a property, as JSON.stringify does              |
 * | NaN, Infinity                   | null, as JSON.stringify does                                      |
 * | bigint                          | its digits as a string                                            |
 * | Date                            | ISO 8601 string; "Invalid Date" if it is invalid                  |
 * | Map                             | array of [key, value] pairs                                       |
 * | Set                             | array                                                             |
 * | Uint8Array, ArrayBuffer         | base64 string; also Uint8ClampedArray and DataView                |
 * | other typed arrays              | array of numbers (of strings for the 64-bit integers)             |
 * | Error                           | object with name, message, cause, errors and its own fields       |
 * | RegExp                          | its source text, as in "/a+/g"                                    |
 */

/** The JSON form of a value that a task may return: data without cycles. */
export function toJsonForm(value: unknown): unknown {
  if (value === undefined) return null;
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return Array.from(value, toJsonForm);
  return builtInForm(value) ?? objectForm(Object.entries(value));
}

/** The value as JSON text; with `indent` each item is on a line of its own. */
export function toJsonText(value: unknown, indent?: number): string {
  return JSON.stringify(toJsonForm(value), null, indent);
}

/** Undefined for what has no form of its own. */
function builtInForm(value: object): unknown {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
  if (value instanceof Map) return Array.from(value, ([key, item]) => [toJsonForm(key), toJsonForm(item)]);
  if (value instanceof Set) return Array.from(value, toJsonForm);
  if (value instanceof RegExp) return String(value);
  if (Error.isError(value)) return errorForm(value);
  if (value instanceof ArrayBuffer) return Buffer.from(value).toString("base64");
  if (ArrayBuffer.isView(value)) return viewForm(value);
  if (
    value instanceof Number ||
    value instanceof String ||
    value instanceof Boolean ||
    value instanceof BigInt
  ) {
    return toJsonForm(value.valueOf());
  }
  return undefined;
}

function viewForm(view: ArrayBufferView): unknown {
  if (view instanceof Uint8Array || view instanceof Uint8ClampedArray || view instanceof DataView) {
    return Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString("base64");
  }
  return Array.from(view as unknown as Iterable<number | bigint>, toJsonForm);
}

function errorForm(error: Error): unknown {
  const { name, message, cause } = error;
  const errors = error instanceof AggregateError ? error.errors : undefined;
  return objectForm(Object.entries({ ...error, name, message, cause, errors }));
}

/** Built by definition of properties, so that no key has a meaning. */
function objectForm(entries: readonly (readonly [string, unknown])[]): unknown {
  return Object.fromEntries(
    entries.filter(([, item]) => item !== undefined).map(([key, item]) => [key, toJsonForm(item)]),
  );
}
