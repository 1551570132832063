/**
 * Errors as plain data, so that one keeps its class name, message, cause, stack and custom fields on its way to another
 * process or into storage (promise 9).
 */
export { fromErrorRecord } from "./errors/from-record.ts";
export { type ErrorRecord, isRetryable } from "./errors/record.ts";
export { toErrorRecord } from "./errors/to-record.ts";
