/** What must be true when the run has ended and everything has come to rest. */

import { fromErrorRecord } from "../../sdk/core/error-record.ts";
import { SERVICE_QUEUE } from "../../sdk/core/identity.ts";
import { type ActionState, isEnded } from "../../sdk/core/records.ts";
import type { Cluster } from "./cluster.ts";
import { RUN_NAME } from "./cluster.ts";
import { caughtView } from "./errors.ts";
import { isPredictable, mismatchOfTask, outcomeOfTask } from "./expected.ts";
import { describeState, shortId } from "./faulty-world.ts";
import type { Observer } from "./observer.ts";
import type { Program } from "./program.ts";
import type { Storage } from "./storage.ts";

/** True once nothing is left to be done: no action is open, no replica holds one, no message waits for one. */
export function isAtRest(storage: Storage, cluster: Cluster, program: Program): boolean {
  if (cluster.held > 0) return false;
  if (program.environments.some((shape) => storage.queue.depth(shape.name) > 0)) return false;
  return unfinished(storage).length === 0;
}

/** A spec that a dying executor still wrote after its parent's end is none: it has no state and no message. */
function unfinished(storage: Storage): string[] {
  const { specs, states } = storage.tables;
  const hasEnded = (id: string): boolean => isEnded(states.get(id)?.status ?? "queued");
  return [...specs.values()]
    .filter((spec) => spec.kind === "task" && !hasEnded(spec.id))
    .filter((spec) => states.has(spec.id) || spec.parent === null || !hasEnded(spec.parent))
    .map((spec) => spec.id);
}

export function allSlotsAreFree(cluster: Cluster, observer: Observer): boolean {
  return [...cluster.servingWorkers()].every((one) => observer.freeSlots(one) === cluster.slotsOf(one));
}

export function checkAtRest(storage: Storage, cluster: Cluster, program: Program, observer: Observer): void {
  for (const id of unfinished(storage)) observer.fail(10, `${id} is unfinished though its run has ended`);
  if (cluster.held > 0) observer.fail(10, `replicas still hold ${cluster.held} actions`);
  for (const { name } of program.environments) {
    const depth = storage.queue.depth(name);
    if (depth > 0) observer.fail(10, `queue ${name} still has ${depth} messages`);
  }
  for (const process of cluster.servingWorkers()) {
    const [free, slots] = [observer.freeSlots(process), cluster.slotsOf(process)];
    if (free !== slots)
      observer.fail(5, `${process.name} asks for ${free} actions, and should have ${slots} free slots`);
  }
  if (storage.tables.runs.size !== 1) observer.fail(6, `there are ${storage.tables.runs.size} runs`);
  checkTold(storage, observer);
  const root = storage.tables.states.get(`${RUN_NAME}/a0`);
  if (root === undefined) return;
  const problem = isPredictable(program)
    ? problemOfPredictable(root, program, observer)
    : problemOfOther(root, program, observer);
  if (problem !== null) observer.fail(4, problem);
}

/** Every entry in a mailbox says what the child's state says. */
function checkTold(storage: Storage, observer: Observer): void {
  const { mailboxes, states } = storage.tables;
  for (const [parent, entries] of mailboxes) {
    for (const entry of entries) {
      const state = states.get(entry.child);
      if (entry.status === "fired") continue;
      const isSame =
        state !== undefined &&
        state.status === entry.status &&
        JSON.stringify(state.outcome) === JSON.stringify(entry.outcome);
      if (!isSame)
        observer.fail(1, `${shortId(parent)} was told another outcome of ${entry.child} than it has`);
    }
  }
}

function problemOfPredictable(root: ActionState, program: Program, observer: Observer): string | null {
  if (program.abortRootAfterMs !== null && root.status === "aborted") return problemOfAbort(root);
  const expected = outcomeOfTask(program.tasks, 0, program.arg);
  const { outcome } = root;
  if (outcome === null) return "the run ended without an outcome";
  if (expected.kind === "error") {
    if (outcome.kind === "value") return "the run must fail, and succeeded";
    const actual = caughtView(fromErrorRecord(outcome.error));
    const isSame = Object.entries(expected.error).every(
      ([key, value]) => actual[key as keyof typeof actual] === value,
    );
    if (!isSame)
      return `the run failed with ${JSON.stringify(actual)} instead of ${JSON.stringify(expected.error)}`;
    if (root.attempt !== expected.attempt)
      return `the run failed in attempt ${root.attempt}, not ${expected.attempt}`;
    return null;
  }
  if (outcome.kind === "error") return `the run failed: ${outcome.error.name}: ${outcome.error.message}`;
  return mismatchOfTask(program.tasks, 0, program.arg, observer.valueOf(outcome));
}

function problemOfAbort(root: ActionState): string | null {
  const error = root.outcome?.kind === "error" ? root.outcome.error : null;
  return error?.name === "ActionAbortedError"
    ? null
    : `the aborted run ended with ${JSON.stringify(root.outcome)}`;
}

const allowedErrors = new Set(["OrderError", "NonRecoverableError", "TaskTimeoutError"]);

/** A program whose limits are tight, or whose code is not deterministic, ends in one of the ways that are its own fault. */
function problemOfOther(root: ActionState, program: Program, observer: Observer): string | null {
  const { outcome } = root;
  if (outcome === null) return "the run ended without an outcome";
  if (outcome.kind === "value") {
    observer.valueOf(outcome);
    return null;
  }
  const { name, message, kind } = outcome.error;
  if (root.status === "aborted") return program.abortRootAfterMs === null ? "nobody aborted the run" : null;
  if (kind === "thrown value" || allowedErrors.has(name)) return null;
  if (name !== "NondeterminismError" || !program.isVolatile) return `the run failed: ${name}: ${message}`;
  const { expected, got } = outcome.error.fields as { expected?: string; got?: string };
  const isNamed = /^(trace|task|sleep|nothing|the end|an error)/;
  return isNamed.test(expected ?? "") && isNamed.test(got ?? "")
    ? null
    : `the calls are not named: ${message}`;
}

/** All that is durable, for a failed seed. */
export function describeWorld(storage: Storage, program: Program): string[] {
  const { tables, queue } = storage;
  const lines = ["--- states"];
  for (const spec of tables.specs.values()) {
    const state = tables.states.get(spec.id);
    const asked = spec.asked === null ? "" : ` asked=${JSON.stringify(spec.asked)}`;
    lines.push(
      state === undefined
        ? `${shortId(spec.id)} ${spec.name} no state${asked}`
        : `${describeState(state)}${asked}`,
    );
  }
  lines.push("--- mailboxes");
  for (const [action, entries] of tables.mailboxes) {
    lines.push(
      `${shortId(action)}: ${entries.map((one) => `${shortId(one.child)} ${one.status}`).join(", ")}`,
    );
  }
  lines.push("--- queues");
  for (const name of [...program.environments.map((shape) => shape.name), SERVICE_QUEUE]) {
    lines.push(`${name}: ${queue.depth(name)} messages`);
  }
  return lines;
}
