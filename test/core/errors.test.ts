import { describe, expect, test } from "vitest";
import { decode } from "../../sdk/core/codec/decode.ts";
import { encode } from "../../sdk/core/codec/encode.ts";
import { fromErrorRecord, isRetryable, toErrorRecord } from "../../sdk/core/error-record.ts";
import {
  ActionAbortedError,
  ClosedError,
  CorruptValueError,
  DroverError,
  InlineLimitError,
  InputError,
  MapFailedError,
  NondeterminismError,
  NonRecoverableError,
  PolicyError,
  SchemaError,
  StorageError,
  TaskTimeoutError,
  TraceNestingError,
  UnknownTaskError,
  UnserializableValueError,
  WorkerLostError,
} from "../../sdk/core/errors.ts";

type Row = [
  error: DroverError,
  name: string,
  code: string,
  retryable: boolean,
  message: string,
  fields: object,
];

const rows: Row[] = [
  [
    new NonRecoverableError("The service refuses order 7."),
    "NonRecoverableError",
    "NON_RECOVERABLE",
    false,
    "The service refuses order 7.",
    {},
  ],
  [
    new NondeterminismError({ expected: 'trace "submit" (1st)', got: 'trace "wait" (1st)' }),
    "NondeterminismError",
    "NONDETERMINISM",
    false,
    'The replay took another path: recorded was trace "submit" (1st), now it is trace "wait" (1st). Code outside traces ' +
      "must do the same each time: move clocks, randomness and I/O into a trace, or take now(), random() and uuid() from " +
      "currentAction().",
    { expected: 'trace "submit" (1st)', got: 'trace "wait" (1st)' },
  ],
  [
    new WorkerLostError({ what: 'Action "scoring.score"', losses: 3 }),
    "WorkerLostError",
    "WORKER_LOST",
    true,
    'Action "scoring.score" lost its worker 3 times in a row without making progress. Out of memory is the usual reason: ' +
      "raise resources.memory, or make the batches smaller.",
    { losses: 3, kind: "system" },
  ],
  [
    new TaskTimeoutError({ what: 'Action "scoring.score"', limit: "maxRuntime", limitMs: 600_000 }),
    "TaskTimeoutError",
    "TASK_TIMEOUT",
    true,
    'Action "scoring.score" ran longer than its maxRuntime of 600 s. Raise timeout.maxRuntime, or do less in one action.',
    { limit: "maxRuntime", limitMs: 600_000 },
  ],
  [
    new TaskTimeoutError({ what: 'Action "scoring.score"', limit: "deadline", limitMs: 1_500 }),
    "TaskTimeoutError",
    "TASK_TIMEOUT",
    false,
    'Action "scoring.score" had not ended at its deadline of 1.5 s. Raise timeout.deadline, or do less in one action.',
    { limit: "deadline", limitMs: 1_500 },
  ],
  [
    new ActionAbortedError({ what: 'Action "scoring.score"', reason: "its parent failed" }),
    "ActionAbortedError",
    "ACTION_ABORTED",
    false,
    'Action "scoring.score" was aborted: its parent failed.',
    { reason: "its parent failed" },
  ],
  [
    new TraceNestingError({ callee: "scoring.score", trace: "submit" }),
    "TraceNestingError",
    "TRACE_NESTING",
    false,
    'Task "scoring.score" was called inside trace "submit", and a trace cannot hold other durable calls. Call it outside of the ' +
      "trace, or call the plain function, score.fn(...).",
    { callee: "scoring.score", trace: "submit" },
  ],
  [
    new TraceNestingError({ callee: "sleep", trace: "submit" }),
    "TraceNestingError",
    "TRACE_NESTING",
    false,
    'sleep was called inside trace "submit", and a trace cannot hold other durable calls. Call it outside of the trace, or ' +
      "wait with setTimeout from node:timers/promises.",
    { callee: "sleep" },
  ],
  [
    new MapFailedError({
      failed: 6,
      total: 100,
      tolerate: { count: 10, percent: 5 },
      cause: new TypeError("no"),
    }),
    "MapFailedError",
    "MAP_FAILED",
    true,
    "6 of 100 calls of map failed, at most 10 or 5 % are tolerated. Look at the cause, or tolerate more.",
    { failed: 6, total: 100 },
  ],
  [
    new InputError("BAD_CONCURRENCY", {
      what: "concurrency of map",
      value: 0,
      allowed: "a whole number from 1",
      wayOut: "Write 1 to run one at a time.",
    }),
    "InputError",
    "BAD_CONCURRENCY",
    false,
    "concurrency of map is 0; allowed: a whole number from 1. Write 1 to run one at a time.",
    {
      what: "concurrency of map",
      value: 0,
      allowed: "a whole number from 1",
      wayOut: "Write 1 to run one at a time.",
    },
  ],
  [
    new PolicyError({
      what: 'idleTtl of "e"',
      value: "5",
      allowed: 'a duration such as "5m"',
      wayOut: "Add the unit.",
    }),
    "PolicyError",
    "INVALID_POLICY",
    false,
    'idleTtl of "e" is "5"; allowed: a duration such as "5m". Add the unit.',
    { value: "5" },
  ],
  [
    new InlineLimitError({ what: 'Input of task "score"', sizeBytes: 12_400_000, limitBytes: 10_000_000 }),
    "InlineLimitError",
    "INLINE_LIMIT",
    false,
    'Input of task "score" is 12.4 MB, at most 10 MB travels inline. Pass a File, or raise maxInlineIo.',
    { sizeBytes: 12_400_000, limitBytes: 10_000_000 },
  ],
  [
    new InlineLimitError({ what: 'Input of task "score"', sizeBytes: 10_000_001, limitBytes: 10_000_000 }),
    "InlineLimitError",
    "INLINE_LIMIT",
    false,
    'Input of task "score" is 10,000,001 bytes, at most 10,000,000 bytes travels inline. Pass a File, or raise maxInlineIo.',
    {},
  ],
  [
    new SchemaError({
      what: 'Input of task "score"',
      issues: [
        { message: "Expected a number", path: ["items", 3, { key: "price" }] },
        { message: "Too long" },
        ...Array.from({ length: 5 }, (_, i) => ({ message: "Missing", path: [`f${i}`] })),
      ],
    }),
    "SchemaError",
    "SCHEMA_MISMATCH",
    false,
    'Input of task "score" does not match its schema: items[3].price: Expected a number; Too long; f0: Missing; f1: Missing; ' +
      "f2: Missing; and 2 more. Correct the value, or the schema.",
    {
      issues: expect.arrayContaining([
        { message: "Expected a number", path: "items[3].price" },
        { message: "Missing", path: "f4" },
      ]),
    },
  ],
  [
    new UnknownTaskError({
      task: "scroe",
      known: ["scoring.score", "scoring.load"],
      suggestion: "scoring.score",
    }),
    "UnknownTaskError",
    "UNKNOWN_TASK",
    false,
    'There is no task "scroe"; known are "scoring.score", "scoring.load". Did you mean "scoring.score"?',
    { task: "scroe", suggestion: "scoring.score" },
  ],
  [
    new UnknownTaskError({ task: "x", known: [], suggestion: null }),
    "UnknownTaskError",
    "UNKNOWN_TASK",
    false,
    'There is no task "x"; none is defined. Check the name, and that the file which defines it is loaded.',
    { suggestion: null },
  ],
  [
    new UnserializableValueError({
      what: "Output",
      path: "output.f",
      found: "a function",
      wayOut: "Call it.",
    }),
    "UnserializableValueError",
    "UNSERIALIZABLE_VALUE",
    false,
    "Output cannot be serialized: output.f is a function. Call it.",
    { path: "output.f", found: "a function" },
  ],
  [
    new StorageError({ operation: "write the state of action r/a0", cause: new Error("The disk is full.") }),
    "StorageError",
    "STORAGE",
    true,
    "Could not write the state of action r/a0: The disk is full. Trying again may help.",
    { operation: "write the state of action r/a0", kind: "system" },
  ],
  [
    new CorruptValueError({ problem: "there is a hole", offset: 4 }),
    "CorruptValueError",
    "CORRUPT_VALUE",
    false,
    "The encoded value is damaged: there is a hole at byte 4. Was it cut short, or written by a newer version of Drover?",
    { offset: 4, kind: "system" },
  ],
  [
    new ClosedError("The local backend"),
    "ClosedError",
    "CLOSED",
    false,
    "The local backend is closed. Open a new one, or close it after its last use.",
    { what: "The local backend" },
  ],
];

describe.each(rows)("%s", (error, name, code, retryable, message, fields) => {
  test("says what, and what to do, and has the facts as fields", () => {
    expect(error).toBeInstanceOf(DroverError);
    expect(error.message).toBe(message);
    expect(error).toMatchObject({ name, code, retryable, ...fields });
    expect(String(error)).toBe(`${name}: ${message}`);
  });

  test("is the same error in another process", () => {
    const copy = decode(encode(error)) as DroverError;
    expect(copy.constructor).toBe(error.constructor);
    expect(copy).toMatchObject({ name, message, code, retryable, ...fields, stack: error.stack });
    expect(Object.keys(copy).sort()).toEqual(Object.keys(error).sort());
    expect(copy).toStrictEqual(error);
  });

  test("says whether another attempt may follow", () => {
    expect(isRetryable(toErrorRecord(error))).toBe(retryable);
  });
});

describe("a value in a message", () => {
  const shownIn = (value: unknown): string =>
    new PolicyError({ what: "x", value, allowed: "less", wayOut: "Correct it." }).message;

  test("is short and unmistakable, whatever it is", () => {
    expect(shownIn("5m")).toContain('x is "5m"; allowed');
    expect(shownIn(undefined)).toContain("x is undefined; allowed");
    expect(shownIn([3, 1])).toContain("x is [3,1]; allowed");
    expect(shownIn(5n)).toContain("x is 5n; allowed");
    expect(shownIn(Symbol("s"))).toContain("x is Symbol(s); allowed");
    expect(shownIn(() => 1)).toContain("x is the function (anonymous); allowed");
    expect(shownIn({ n: 5n })).toContain("x is an object; allowed");
    expect(shownIn([5n])).toContain("x is an array; allowed");
    expect(shownIn("y".repeat(10_000)).length).toBeLessThan(200);
  });
});

describe("a class that a user derives", () => {
  class PaymentDeclined extends NonRecoverableError {
    readonly order = 7;
  }

  test("from NonRecoverableError ends retries, here and in another process, under its own name", () => {
    const record = toErrorRecord(new PaymentDeclined("No money.", { code: "DECLINED", cause: "bank" }));
    expect(record).toMatchObject({ name: "PaymentDeclined", base: "NonRecoverableError", code: "DECLINED" });
    expect(isRetryable(record)).toBe(false);
    const copy = fromErrorRecord(record);
    expect(copy).toBeInstanceOf(NonRecoverableError);
    expect(copy).toMatchObject({
      name: "PaymentDeclined",
      code: "DECLINED",
      order: 7,
      cause: "bank",
      retryable: false,
    });
    expect(isRetryable(toErrorRecord(copy))).toBe(false);
  });

  test("ends no retries as the cause of another error", () => {
    expect(isRetryable(toErrorRecord(new Error("outer", { cause: new PaymentDeclined("inner") })))).toBe(
      true,
    );
  });

  test("ends no retries by a field `retryable` of its own when it is no DroverError", () => {
    const record = toErrorRecord(Object.assign(new Error("busy"), { retryable: false, kind: "odd" }));
    expect(record).toMatchObject({
      retryable: true,
      kind: "user",
      fields: { retryable: false, kind: "odd" },
    });
    expect(fromErrorRecord(record)).toMatchObject({ retryable: false, kind: "odd" });
  });
});
