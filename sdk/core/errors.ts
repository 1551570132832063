/**
 * The operating errors of Drover, one family under `DroverError`. Each has a `code` to switch on, the facts as fields, and a
 * message that says what, with which value, what was allowed and what to do. All of it survives the way between processes.
 */
export {
  ActionAbortedError,
  MapFailedError,
  NondeterminismError,
  NonRecoverableError,
  TaskTimeoutError,
  TraceNestingError,
  WorkerLostError,
} from "./errors/action-errors.ts";
export { DroverError, type DroverErrorOptions, type ErrorKind } from "./errors/drover-error.ts";
export {
  InlineLimitError,
  InputError,
  type InputErrorDetails,
  PolicyError,
  UnknownTaskError,
} from "./errors/input-errors.ts";
export { SchemaError, type SchemaIssue } from "./errors/schema-error.ts";
export { ClosedError, CorruptValueError, StorageError } from "./errors/system-errors.ts";
export { UnserializableValueError } from "./errors/unserializable-value-error.ts";
