/** The error classes that every process has. Errors of these come back as instances, all others as instances of the nearest. */
import {
  ActionAbortedError,
  MapFailedError,
  NondeterminismError,
  NonRecoverableError,
  TaskTimeoutError,
  TraceNestingError,
  WorkerLostError,
} from "./action-errors.ts";
import { DroverError } from "./drover-error.ts";
import { InlineLimitError, InputError, PolicyError, UnknownTaskError } from "./input-errors.ts";
import { SchemaError } from "./schema-error.ts";
import { ClosedError, CorruptValueError, StorageError } from "./system-errors.ts";
import { UnserializableValueError } from "./unserializable-value-error.ts";

const known = {
  Error,
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
  EvalError,
  URIError,
  AggregateError,
  DroverError,
  NonRecoverableError,
  NondeterminismError,
  WorkerLostError,
  TaskTimeoutError,
  ActionAbortedError,
  TraceNestingError,
  MapFailedError,
  InputError,
  PolicyError,
  InlineLimitError,
  SchemaError,
  UnknownTaskError,
  UnserializableValueError,
  StorageError,
  CorruptValueError,
  ClosedError,
};

const prototypes = new Map<string, Error>(
  Object.entries(known).map(([name, { prototype }]) => [name, prototype]),
);
const names = new Map<object, string>([...prototypes].map(([name, prototype]) => [prototype, name]));

/** The prototype of the known class of that name; of Error when there is none. */
export function knownPrototype(name: string): Error {
  return prototypes.get(name) ?? Error.prototype;
}

/** The name of the nearest known class that an error is an instance of. */
export function knownBaseOf(error: object): string {
  for (let prototype: unknown = error; prototype !== null; prototype = Object.getPrototypeOf(prototype)) {
    const name = names.get(prototype as object);
    if (name !== undefined) return name;
  }
  return "Error";
}
