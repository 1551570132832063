/**
 * Whose problem an error is: `user` is for the author of the tasks or their caller, `system` for whoever runs Drover,
 * `unknown` when it cannot be told.
 */
export type ErrorKind = "user" | "system" | "unknown";

/** What an error of the family is made of, for classes of your own that derive from it. */
export interface DroverErrorOptions {
  /** Stable and for programs: `NON_RECOVERABLE`, `TASK_TIMEOUT`, … */
  readonly code: string;
  /** Whose problem it is. */
  readonly kind: ErrorKind;
  /** False when another try of the same thing would end the same way. */
  readonly retryable: boolean;
  /** What led to it. Left out when there is nothing to add. */
  readonly cause?: unknown;
}

/**
 * Base of all operating errors of Drover: `error instanceof DroverError` tells them from your own.
 *
 * A task that ends with a `retryable: false` one is not tried again, whatever its `retries` say.
 *
 * @example
 * try {
 *   await handle.result();
 * } catch (error) {
 *   if (error instanceof DroverError && error.code === "TASK_TIMEOUT") console.log("too slow");
 * }
 */
export class DroverError extends Error {
  /** Stable and for programs: `NON_RECOVERABLE`, `TASK_TIMEOUT`, … */
  readonly code: string;
  /** Whose problem it is. */
  readonly kind: ErrorKind;
  /** False when another try of the same thing would end the same way. */
  readonly retryable: boolean;

  constructor(message: string, options: DroverErrorOptions) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.code = options.code;
    this.kind = options.kind;
    this.retryable = options.retryable;
  }
}

/**
 * Gives classes their name on the prototype. As an own property it would hide the name of a class that a user derives,
 * and taken from the class itself it would not survive a minifier.
 */
export function nameClasses(classes: Readonly<Record<string, { readonly prototype: Error }>>): void {
  for (const [name, { prototype }] of Object.entries(classes)) {
    Object.defineProperty(prototype, "name", { value: name, writable: true, configurable: true });
  }
}

nameClasses({ DroverError });
