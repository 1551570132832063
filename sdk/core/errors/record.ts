import type { ErrorKind } from "./drover-error.ts";

/** What was thrown, as data that `encode` takes. */
export interface ErrorRecord {
  /** The name of its class. */
  readonly name: string;
  /** The nearest class above it that every process knows; what is restored is an instance of that one. */
  readonly base: string;
  /** Cut beyond 65,536 characters (8,192 in causes and other nested errors). */
  readonly message: string;
  /** Where it was made; cut as the message is; null for an error without. */
  readonly stack: string | null;
  /** Its `code`, when that is a string: `TASK_TIMEOUT`, `ENOENT`. */
  readonly code: string | null;
  /** As the error says, when it is one of Drover; `user` for all others; `thrown value` for what is no error at all. */
  readonly kind: ErrorKind | "thrown value";
  /** False for an error of Drover that says so, as NonRecoverableError does; true for all others. */
  readonly retryable: boolean;
  /** Absent when the error has none. A cause that is no error is a record of kind `thrown value`. */
  readonly cause?: ErrorRecord;
  /** Present for an AggregateError only. */
  readonly errors?: readonly ErrorRecord[];
  /** Its other properties, up to 100. One that cannot travel, or is larger than the message may be, is a text that says so. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Present for kind `thrown value` only: the value itself. */
  readonly value?: unknown;
}

/** Whether another attempt may follow an attempt that ended with it, as far as the error is concerned. */
export function isRetryable(record: ErrorRecord): boolean {
  return record.retryable;
}

/** True for a record whose every part has the type that it must have: the check for what came from outside. */
export function isErrorRecord(value: unknown): value is ErrorRecord {
  if (typeof value !== "object" || value === null) return false;
  const record = value as Partial<Record<keyof ErrorRecord, unknown>>;
  return (
    typeof record.name === "string" &&
    typeof record.base === "string" &&
    typeof record.message === "string" &&
    isTextOrNull(record.stack) &&
    isTextOrNull(record.code) &&
    isKind(record.kind) &&
    typeof record.retryable === "boolean" &&
    typeof record.fields === "object" &&
    record.fields !== null &&
    (record.cause === undefined || isErrorRecord(record.cause)) &&
    (record.errors === undefined || (Array.isArray(record.errors) && record.errors.every(isErrorRecord)))
  );
}

function isTextOrNull(value: unknown): boolean {
  return value === null || typeof value === "string";
}

function isKind(value: unknown): boolean {
  return value === "user" || value === "system" || value === "unknown" || value === "thrown value";
}
