/** What a program must give: computed from its text, without any engine. */
import type { Program, Statement, Task, ThrownKind } from "./program.ts";

/** An error as a program sees it: what promise 9 says must survive. */
export interface ErrorView {
  readonly name: string;
  readonly message?: string;
  readonly orderId?: number;
  readonly cause?: string;
  readonly limit?: string;
  readonly reason?: string;
}

export type Expected =
  | { readonly kind: "value"; readonly attempt: number }
  | {
      readonly kind: "error";
      readonly error: ErrorView;
      readonly isRetryable: boolean;
      readonly attempt: number;
    };

/** What a task's action ends with, however often its processes die. */
export function outcomeOfTask(tasks: readonly Task[], index: number, arg: number): Expected {
  const task = taskAt(tasks, index);
  const attempts = task.policy.retries.count + 1;
  if (task.passes !== null) {
    const isDeadline = task.passes === "deadline";
    const error = { name: "TaskTimeoutError", limit: task.passes };
    return { kind: "error", error, isRetryable: !isDeadline, attempt: isDeadline ? 1 : attempts };
  }
  for (let attempt = 1; ; attempt += 1) {
    const failure = failureOf(tasks, task.body, arg, attempt);
    if (failure === null) return { kind: "value", attempt };
    if (!failure.isRetryable || attempt >= attempts) return { kind: "error", ...failure, attempt };
  }
}

interface Failure {
  readonly error: ErrorView;
  readonly isRetryable: boolean;
}

function failureOf(
  tasks: readonly Task[],
  statements: readonly Statement[],
  arg: number,
  attempt: number,
): Failure | null {
  for (const statement of statements) {
    const failure = failureOfOne(tasks, statement, arg, attempt);
    if (failure !== null) return failure;
  }
  return null;
}

function failureOfOne(
  tasks: readonly Task[],
  statement: Statement,
  arg: number,
  attempt: number,
): Failure | null {
  if (statement.kind === "throw" && attempt <= statement.throughAttempt) {
    return { error: thrownView(statement.thrown, arg), isRetryable: statement.thrown !== "final" };
  }
  if (statement.kind === "trace" && !statement.isCaught && attempt <= statement.fn.failsThrough) {
    return { error: traceError(statement.fn.name, statement.arg), isRetryable: true };
  }
  if (statement.kind === "stream" && !statement.isCaught && isStreamFailing(statement, attempt)) {
    return { error: traceError(statement.fn.name, 0), isRetryable: true };
  }
  if (statement.kind === "call" && !statement.isCaught) {
    const outcome = outcomeOfTask(tasks, statement.task, statement.arg);
    return outcome.kind === "error" ? outcome : null;
  }
  if (statement.kind === "all") {
    for (const branch of statement.branches) {
      const failure = failureOf(tasks, branch, arg, attempt);
      if (failure !== null) return failure;
    }
  }
  return null;
}

function isStreamFailing(stream: Statement & { readonly kind: "stream" }, attempt: number): boolean {
  return attempt <= stream.fn.failsThrough && stream.leaveAfter === null;
}

function traceError(name: string, arg: number): ErrorView {
  return { name: "OrderError", message: `${name} of ${arg} failed`, orderId: arg, cause: `why ${name}` };
}

export function thrownView(thrown: ThrownKind, arg: number): ErrorView {
  if (thrown === "text") return { name: "text", message: `just ${arg}` };
  if (thrown === "final") return { name: "NonRecoverableError", message: `no use for ${arg}` };
  return { name: "OrderError", message: `order ${arg} failed`, orderId: arg, cause: `why ${arg}` };
}

/** Null if the value is one that the task may return; else what is wrong with it. */
export function mismatchOfTask(
  tasks: readonly Task[],
  index: number,
  arg: number,
  actual: unknown,
): string | null {
  const expected = outcomeOfTask(tasks, index, arg);
  if (expected.kind === "error") return `task ${index} must fail, and returned`;
  const { attempt } = expected;
  const value = actual as { task?: unknown; arg?: unknown; attempt?: unknown; out?: unknown } | null;
  if (value?.task !== index || value.arg !== arg) return `task ${index} of ${arg} returned ${show(actual)}`;
  if (value.attempt !== attempt)
    return `task ${index} took attempt ${String(value.attempt)} instead of ${attempt}`;
  return mismatchOfAll(tasks, taskAt(tasks, index).body, attempt, value.out, `t${index}`);
}

function mismatchOfAll(
  tasks: readonly Task[],
  statements: readonly Statement[],
  attempt: number,
  actual: unknown,
  path: string,
): string | null {
  if (!Array.isArray(actual) || actual.length !== statements.length) {
    return `${path}: ${statements.length} results expected, not ${show(actual)}`;
  }
  for (const [place, statement] of statements.entries()) {
    const problem = mismatchOfOne(tasks, statement, attempt, actual[place], `${path}.${place}`);
    if (problem !== null) return problem;
  }
  return null;
}

function mismatchOfOne(
  tasks: readonly Task[],
  statement: Statement,
  attempt: number,
  actual: unknown,
  path: string,
): string | null {
  switch (statement.kind) {
    case "trace":
    case "stream":
    case "nesting":
    case "oversize":
    case "abort":
    case "sleep":
    case "local":
    case "spawn":
    case "cancel":
    case "throw":
      return sameOrNot(path, resultOf(statement, attempt), actual);
    case "call": {
      const outcome = outcomeOfTask(tasks, statement.task, statement.arg);
      if (outcome.kind === "error") return sameOrNot(path, { caught: outcome.error }, actual);
      return mismatchOfTask(tasks, statement.task, statement.arg, actual);
    }
    case "all":
      return mismatchOfBranches(tasks, statement.branches, attempt, actual, path);
    case "pool":
      return mismatchOfAll(tasks, statement.items, attempt, actual, path);
    case "race": {
      const won = actual as { winner?: unknown; value?: unknown } | null;
      const branch = typeof won?.winner === "number" ? statement.branches[won.winner] : undefined;
      if (branch === undefined) return `${path}: ${show(actual)} is no winner`;
      return mismatchOfAll(tasks, branch, attempt, won?.value, `${path}.${String(won?.winner)}`);
    }
    case "volatile":
      return null;
  }
}

function mismatchOfBranches(
  tasks: readonly Task[],
  branches: readonly (readonly Statement[])[],
  attempt: number,
  actual: unknown,
  path: string,
): string | null {
  if (!Array.isArray(actual) || actual.length !== branches.length)
    return `${path}: ${show(actual)} is no result of all`;
  for (const [place, branch] of branches.entries()) {
    const problem = mismatchOfAll(tasks, branch, attempt, actual[place], `${path}.${place}`);
    if (problem !== null) return problem;
  }
  return null;
}

/** The result of a statement that has only one. */
function resultOf(statement: Statement, attempt: number): unknown {
  if (statement.kind === "trace") {
    const { fn, arg } = statement;
    if (attempt <= fn.failsThrough) return { caught: traceError(fn.name, arg) };
    return fn.mode === "void" ? "void" : { det: traceText(fn.name, arg, fn.innerCount), pad: fn.sizeBytes };
  }
  if (statement.kind === "stream") {
    const { fn, items, leaveAfter } = statement;
    const dets = Array.from({ length: leaveAfter ?? items }, (_, place) =>
      traceText(fn.name, place, fn.innerCount),
    );
    if (leaveAfter !== null) return { items: dets, end: "left" };
    if (isStreamFailing(statement, attempt)) return { caught: traceError(fn.name, 0) };
    return { items: dets, end: "done" };
  }
  if (statement.kind === "nesting") return { caught: { name: "TraceNestingError" } };
  if (statement.kind === "oversize") return { caught: { name: "InlineLimitError" } };
  if (statement.kind === "abort") return { caught: { name: "ActionAbortedError", reason: "by its parent" } };
  return statement.kind;
}

/** What a trace's body returns, apart from the number of its execution. */
export function traceText(name: string, arg: number, innerCount: number): string {
  const inner = Array.from({ length: innerCount }, (_, place) => ` inner(${place % 2})`);
  return `${name}(${arg})${inner.join("")}`;
}

/** Every field that is expected must be there; a unique number of an execution may be beside them. */
function sameOrNot(path: string, expected: unknown, actual: unknown): string | null {
  return isCovered(expected, actual) ? null : `${path}: expected ${show(expected)}, got ${show(actual)}`;
}

function isCovered(expected: unknown, actual: unknown): boolean {
  if (typeof expected !== "object" || expected === null) return expected === actual;
  if (typeof actual !== "object" || actual === null) return false;
  if (Array.isArray(expected) && (!Array.isArray(actual) || actual.length !== expected.length)) return false;
  return Object.entries(expected).every(([key, value]) =>
    isCovered(value, (actual as Record<string, unknown>)[key]),
  );
}

function taskAt(tasks: readonly Task[], index: number): Task {
  const task = tasks[index];
  if (task === undefined) throw new Error(`There is no task ${index}.`);
  return task;
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? "undefined").slice(0, 300);
}

/** True if what the root action ends with can be told in advance. */
export function isPredictable(program: Program): boolean {
  return !program.isRacy && !program.isVolatile;
}
