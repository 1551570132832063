import { DroverError, nameClasses } from "./drover-error.ts";

/**
 * Thrown by your code to end an action at once: no further attempt is made, whatever `retries` say. Use it, or a class
 * derived from it, where another try cannot help. As the `cause` of another error it has no effect.
 *
 * @example
 * if (response.status === 400) throw new NonRecoverableError(`The service refuses order ${id}.`);
 */
export class NonRecoverableError extends DroverError {
  constructor(message: string, options: { readonly code?: string; readonly cause?: unknown } = {}) {
    const { code = "NON_RECOVERABLE", ...rest } = options;
    super(message, { code, kind: "user", retryable: false, ...rest });
  }
}

/**
 * A replayed action asked for another call than the one it had recorded at this place. Its code reads something that
 * differs between executions: the clock, randomness, a file, the environment, or which of two things ended first.
 * Put such reads into a trace, or use `now()`, `random()` and `uuid()` of `currentAction()`.
 */
export class NondeterminismError extends DroverError {
  /** The call that was recorded, or a statement that there was none. */
  readonly expected: string;
  /** The call that was made instead, or a statement that there was none. */
  readonly got: string;

  constructor(calls: { readonly expected: string; readonly got: string }) {
    super(
      `The replay took another path: recorded was ${calls.expected}, now it is ${calls.got}. Code outside traces must do the ` +
        "same each time: move clocks, randomness and I/O into a trace, or take now(), random() and uuid() from currentAction().",
      { code: "NONDETERMINISM", kind: "user", retryable: false },
    );
    this.expected = calls.expected;
    this.got = calls.got;
  }
}

/**
 * The workers that executed an action were lost too many times in a row without progress: out of memory, killed, or
 * unreachable. Losing a worker does not count against `retries`. Give the environment more memory, or do less in one action.
 */
export class WorkerLostError extends DroverError {
  /** Executors lost in a row. */
  readonly losses: number;

  /** @param loss `what` names the action, as in `Action "scoring.score"`. */
  constructor(loss: { readonly what: string; readonly losses: number }) {
    super(
      `${loss.what} lost its worker ${loss.losses} ${loss.losses === 1 ? "time" : "times in a row"} without making progress. ` +
        "Out of memory is the usual reason: raise resources.memory, or make the batches smaller.",
      { code: "WORKER_LOST", kind: "system", retryable: true },
    );
    this.losses = loss.losses;
  }
}

const timeoutTexts = {
  maxRuntime: "ran longer than its maxRuntime",
  maxQueuedTime: "waited for a worker longer than its maxQueuedTime",
  deadline: "had not ended at its deadline",
} as const;

/**
 * An action went over a limit of its `timeout`. A `maxRuntime` or `maxQueuedTime` ends the attempt, and the next one
 * follows while there are retries; a `deadline` ends the action. Raise the limit, or do less in one action.
 */
export class TaskTimeoutError extends DroverError {
  /** Which limit it was. */
  readonly limit: "maxRuntime" | "maxQueuedTime" | "deadline";
  /** The limit in milliseconds. */
  readonly limitMs: number;

  /** @param timeout `what` names the action, as in `Action "scoring.score"`. */
  constructor(timeout: {
    readonly what: string;
    readonly limit: "maxRuntime" | "maxQueuedTime" | "deadline";
    readonly limitMs: number;
  }) {
    const { what, limit, limitMs } = timeout;
    super(
      `${what} ${timeoutTexts[limit]} of ${limitMs / 1_000} s. Raise timeout.${limit}, or do less in one action.`,
      {
        code: "TASK_TIMEOUT",
        kind: "user",
        retryable: limit !== "deadline",
      },
    );
    this.limit = limit;
    this.limitMs = limitMs;
  }
}

/**
 * An action was ended from outside: by `abort`, or because its parent ended, failed or was aborted. Also the `reason` of
 * the AbortSignal of such an action. There is nothing to retry.
 */
export class ActionAbortedError extends DroverError {
  /** Who or what asked for it, as was given to `abort`. */
  readonly reason: string;

  /** @param abort `what` names the action, as in `Action "scoring.score"`. */
  constructor(abort: { readonly what: string; readonly reason: string }) {
    super(`${abort.what} was aborted: ${abort.reason}.`, {
      code: "ACTION_ABORTED",
      kind: "user",
      retryable: false,
    });
    this.reason = abort.reason;
  }
}

/**
 * A task, or `sleep`, was called inside a trace. A trace is one checkpoint and cannot hold other durable calls: make the
 * call outside of the trace, or call the plain function, `task.fn`, which then runs within the checkpoint.
 */
export class TraceNestingError extends DroverError {
  /** What was called: the full name of a task, or `sleep`. */
  readonly callee: string;
  /** Name of the trace that it was called in. */
  readonly trace: string;

  constructor(call: { readonly callee: string; readonly trace: string }) {
    const { callee, trace } = call;
    const plain =
      callee === "sleep"
        ? "wait with setTimeout from node:timers/promises"
        : `call the plain function, ${callee.slice(callee.lastIndexOf(".") + 1)}.fn(...)`;
    super(
      `${callee === "sleep" ? "sleep" : `Task "${callee}"`} was called inside trace "${trace}", and a trace cannot hold other ` +
        `durable calls. Call it outside of the trace, or ${plain}.`,
      { code: "TRACE_NESTING", kind: "user", retryable: false },
    );
    this.callee = callee;
    this.trace = trace;
  }
}

/**
 * More calls of a `map` failed than its `tolerate` allows; calls that were still running have been cancelled. The `cause` is
 * the last failure that was seen, where one tipped the scale.
 */
export class MapFailedError extends DroverError {
  /** Calls that had failed when the map gave up. */
  readonly failed: number;
  /** Items of the map, as far as they were known. */
  readonly total: number;

  constructor(map: {
    readonly failed: number;
    readonly total: number;
    readonly tolerate: { readonly count?: number; readonly percent?: number };
    readonly cause: unknown;
  }) {
    const { failed, total, tolerate, cause } = map;
    const bounds = [
      ...(tolerate.count === undefined ? [] : [`${tolerate.count}`]),
      ...(tolerate.percent === undefined ? [] : [`${tolerate.percent} %`]),
    ];
    super(
      `${failed} of ${total} calls of map failed, at most ${bounds.join(" or ")} are tolerated. Look at the cause, or tolerate more.`,
      { code: "MAP_FAILED", kind: "user", retryable: true, cause },
    );
    this.failed = failed;
    this.total = total;
  }
}

nameClasses({
  NonRecoverableError,
  NondeterminismError,
  WorkerLostError,
  TaskTimeoutError,
  ActionAbortedError,
  TraceNestingError,
  MapFailedError,
});
