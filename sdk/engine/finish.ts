/** Writes the end of an execution down, so that nothing is lost whatever it was. */
import {
  completeAction,
  type Decision,
  expireAction,
  failAttempt,
  handBackAction,
  suspendAction,
} from "../core/action-state.ts";
import { encode } from "../core/codec/encode.ts";
import { toErrorRecord } from "../core/error-record.ts";
import { InlineLimitError } from "../core/errors.ts";
import { localIdOf } from "../core/identity.ts";
import { type ActionState, isEnded, type Payload } from "../core/records.ts";
import type { Delivery, World } from "../ports.ts";
import { type Applied, applyDecision } from "./apply.ts";
import type { Execution } from "./execution.ts";
import type { ExecutionEnd } from "./execution-end.ts";
import { persist } from "./persist.ts";
import { sendFollowUps } from "./timers.ts";

/** What is left to do: take the message off its queue, give it back (at once or later), or go on with the action. */
export type Finished = "remove" | "release" | "release-later" | "go-on";

export async function finishExecution(
  world: World,
  execution: Execution,
  end: ExecutionEnd,
): Promise<Finished> {
  if (end.kind === "returned") return await complete(world, execution, end.value);
  if (end.kind === "threw") return await fail(world, execution, end.error);
  if (end.kind === "resting") return await suspend(world, execution);
  if (end.kind === "expired") return await expireHere(world, execution);
  if (end.kind === "handed-back") return await handBack(world, execution);
  return end.kind === "broken" ? "release-later" : "release";
}

async function complete(world: World, execution: Execution, value: unknown): Promise<Finished> {
  const { state } = execution.claimed;
  let bytes: Uint8Array;
  try {
    bytes = encodeOutput(execution, value);
  } catch (error) {
    return await fail(world, execution, error);
  }
  const payload = await storeOutput(world, execution, bytes);
  const applied = await applyDecision(world, state, (current) =>
    completeAction(current, state.epoch, { kind: "value", payload }, execution.report(), world.clock.nowMs()),
  );
  return removeIfWritten(applied);
}

function encodeOutput(execution: Execution, value: unknown): Uint8Array {
  const { name, policy } = execution.claimed.spec;
  const what = `Output of task "${name}"`;
  const bytes = encode(value, what);
  const limitBytes = policy.maxInlineBytes;
  if (bytes.byteLength > limitBytes)
    throw new InlineLimitError({ what, sizeBytes: bytes.byteLength, limitBytes });
  return bytes;
}

async function storeOutput(world: World, execution: Execution, bytes: Uint8Array): Promise<Payload> {
  if (bytes.byteLength <= world.store.limits.inlineBytesMax) return { kind: "inline", bytes };
  const { spec, state } = execution.claimed;
  const key = `${spec.run}/${localIdOf(spec.id)}/output-${state.epoch}`;
  await persist(world, () => world.blobs.put(key, bytes));
  return { kind: "blob", key, sizeBytes: bytes.byteLength };
}

async function fail(world: World, execution: Execution, thrown: unknown): Promise<Finished> {
  const { spec, state } = execution.claimed;
  const error = toErrorRecord(thrown);
  const decide = (current: ActionState) => {
    const failure = { error, policy: spec.policy, position: execution.position, nowMs: world.clock.nowMs() };
    return failAttempt(current, state.epoch, failure, execution.report());
  };
  return removeIfWritten(
    await applyDecision(world, state, decide, (next) => sendFollowUps(world, spec, next)),
  );
}

async function expireHere(world: World, execution: Execution): Promise<Finished> {
  const { spec, state } = execution.claimed;
  const decide = (current: ActionState): Decision => {
    if (current.epoch !== state.epoch) return { kind: "refuse", reason: "fenced" };
    return expireAction(current, spec.policy, execution.position, world.clock.nowMs());
  };
  const applied = await applyDecision(world, state, decide, (next) => sendFollowUps(world, spec, next));
  if (applied.kind === "refused" && applied.reason === "not-due") return "go-on";
  return removeIfWritten(applied);
}

async function suspend(world: World, execution: Execution): Promise<Finished> {
  const { spec, state } = execution.claimed;
  if (spec.policy.timeouts.maxRuntimeMs !== null) await sendFollowUps(world, spec, state);
  const read = execution.position.at;
  const applied = await applyDecision(world, state, (current) =>
    suspendAction(current, state.epoch, read, execution.report()),
  );
  if (applied.kind === "refused" && applied.reason === "inbox-moved") return "go-on";
  return removeIfWritten(applied);
}

async function handBack(world: World, execution: Execution): Promise<Finished> {
  const { spec, state } = execution.claimed;
  const decide = (current: ActionState) =>
    handBackAction(current, state.epoch, execution.report(), world.clock.nowMs());
  return removeIfWritten(
    await applyDecision(world, state, decide, (next) => sendFollowUps(world, spec, next)),
  );
}

/** The message of a fenced executor may be another's by now: only what is over for sure is removed. */
function removeIfWritten(applied: Applied): Finished {
  return applied.kind === "written" || isEnded(applied.state.status) ? "remove" : "release";
}

const laterMs = 1_000;

export async function settleDelivery(world: World, delivery: Delivery, finished: Finished): Promise<void> {
  if (finished === "remove") await persist(world, () => world.queue.remove([delivery]));
  else await persist(world, () => world.queue.release(delivery, finished === "release" ? 0 : laterMs));
}
