import { DroverError, nameClasses } from "./drover-error.ts";

/**
 * The storage or a queue did not do what it was asked: unreachable, throttled, out of space. The `cause` is what its client
 * reported. It is retried where Drover can; when you see it, look at the state of the backend.
 */
export class StorageError extends DroverError {
  /** What was tried, as in `write the state of action r/a0`. */
  readonly operation: string;

  /** @param failure `retryable` is true unless said otherwise. */
  constructor(failure: {
    readonly operation: string;
    readonly retryable?: boolean;
    readonly cause: unknown;
  }) {
    const { operation, retryable = true, cause } = failure;
    const reason = (cause instanceof Error ? cause.message : String(cause)).replace(/\.$/, "");
    const advice = retryable
      ? "Trying again may help."
      : "Trying again will not help until the cause is removed.";
    super(`Could not ${operation}: ${reason}. ${advice}`, {
      code: "STORAGE",
      kind: "system",
      retryable,
      cause,
    });
    this.operation = operation;
  }
}

/**
 * Stored bytes are not what this version of Drover wrote: damaged, cut short, or written by a newer version. Nothing of
 * them was used.
 */
export class CorruptValueError extends DroverError {
  /** Where in the bytes it was noticed. */
  readonly offset: number;

  constructor(fault: { readonly problem: string; readonly offset: number; readonly cause?: unknown }) {
    const { problem, offset, ...rest } = fault;
    super(
      `The encoded value is damaged: ${problem} at byte ${offset}. Was it cut short, or written by a newer version of Drover?`,
      { code: "CORRUPT_VALUE", kind: "system", retryable: false, ...rest },
    );
    this.offset = offset;
  }
}

/** Something was used after it was closed: a backend, a host, a batcher. Make a new one, or close this one later. */
export class ClosedError extends DroverError {
  /** What was closed. */
  readonly what: string;

  /** @param what Begins the sentence, as in `The local backend`. */
  constructor(what: string) {
    super(`${what} is closed. Open a new one, or close it after its last use.`, {
      code: "CLOSED",
      kind: "user",
      retryable: false,
    });
    this.what = what;
  }
}

nameClasses({ StorageError, CorruptValueError, ClosedError });
