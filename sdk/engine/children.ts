/** What an action asks others for: child actions and timers. */

import { valueHash } from "../core/codec/canonical.ts";
import { encode } from "../core/codec/encode.ts";
import { InlineLimitError, TraceNestingError } from "../core/errors.ts";
import { childActionId, localIdOf, TIMER_NAME } from "../core/identity.ts";
import type { ActionId, ActionPolicy, ActionSpec, MailboxEntry, Outcome, Payload } from "../core/records.ts";
import type { ActionContext } from "./context.ts";
import { storePayload } from "./payloads.ts";

/** What the engine has to know of a task to call it. */
export interface TaskRef {
  /** Full name `<environment>.<function>`. */
  readonly name: string;
  readonly environment: string;
  readonly policy: ActionPolicy;
}

export interface ChildCall {
  readonly id: ActionId;
  readonly result: Promise<unknown>;
}

/** Asks for a child action. Refuses what could not be enqueued before anything is written. */
export function callChild(context: ActionContext, task: TaskRef, input: unknown): ChildCall {
  refuseInTrace(context, task.name);
  const bytes = encodeInput(task, input);
  const call = identify(context, task.name, valueHash(input));
  const label = `task "${task.name}" (call ${call.ordinal})`;
  const send = async () => {
    const base = specBase(context, call, task.policy);
    const stored = storeInput(context, call.id, bytes);
    const payload = stored instanceof Promise ? await stored : stored;
    context.execution.send(
      {
        ...base,
        kind: "task",
        name: task.name,
        environment: task.environment,
        input: payload,
        fireAtMs: null,
      },
      false,
    );
  };
  return { id: call.id, result: askChild(context, call, "child", label, send) };
}

/** Asks for a timer that ends after `ms`, measured from the first time that it was asked for. */
export function callTimer(context: ActionContext, ms: number): Promise<unknown> {
  refuseInTrace(context, "sleep");
  const call = identify(context, TIMER_NAME, String(ms));
  const { spec, state } = context.execution.claimed;
  const send = async () => {
    const fireAtMs = context.execution.world.clock.nowMs() + ms;
    const base = specBase(context, call, spec.policy);
    const input: Payload = { kind: "inline", bytes: encode(ms) };
    context.execution.send(
      { ...base, kind: "timer", name: TIMER_NAME, environment: state.environment, input, fireAtMs },
      false,
    );
  };
  return askChild(context, call, "timer", `sleep (call ${call.ordinal})`, send);
}

/** Encodes a task's input, within its limit. */
export function encodeInput(task: TaskRef, input: unknown): Uint8Array {
  const what = `Input of task "${task.name}"`;
  const bytes = encode(input, what);
  const limitBytes = task.policy.maxInlineBytes;
  if (bytes.byteLength > limitBytes) {
    throw new InlineLimitError({ what, sizeBytes: bytes.byteLength, limitBytes });
  }
  return bytes;
}

interface IdentifiedCall {
  readonly id: ActionId;
  readonly ordinal: number;
}

/** The call's id: that of an equal call of an earlier attempt unless it failed there (identity.ts, `generation`). */
function identify(context: ActionContext, name: string, inputHash: string): IdentifiedCall {
  const { claimed } = context.execution;
  const ordinal = context.ordinals.next(name, inputHash);
  for (let generation = 0; ; generation += 1) {
    const id = childActionId(claimed.spec.id, { name, inputHash, ordinal }, generation);
    const earlier = claimed.mailbox.before(claimed.state.base.at, id);
    if (earlier === null || isDone(earlier)) return { id, ordinal };
  }
}

function isDone(entry: MailboxEntry): boolean {
  return entry.status === "succeeded" || entry.status === "fired";
}

function askChild(
  context: ActionContext,
  call: IdentifiedCall,
  kind: "child" | "timer",
  label: string,
  send: () => Promise<void>,
): Promise<unknown> {
  const { execution } = context;
  const { claimed } = execution;
  const told = claimed.mailbox.before(execution.position.at, call.id);
  const start = () => {
    const existing = claimed.children.get(call.id);
    if (existing === undefined) {
      void execution.startAside(send);
    } else if (claimed.mayLackMessages && existing.status === null) execution.send(existing.spec, true);
  };
  return execution.ask({ id: call.id, kind, label, start }, told === null ? null : knownOutcome(told));
}

const nothing: Outcome = { kind: "value", payload: { kind: "inline", bytes: encode(undefined) } };

function knownOutcome(entry: MailboxEntry): Outcome {
  return entry.outcome ?? nothing;
}

function storeInput(context: ActionContext, id: ActionId, bytes: Uint8Array): Payload | Promise<Payload> {
  const { world, claimed } = context.execution;
  if (bytes.byteLength <= world.store.limits.inlineBytesMax) return { kind: "inline", bytes };
  return storePayload(world, `${claimed.spec.run}/${localIdOf(id)}/input-${claimed.state.epoch}`, bytes);
}

function specBase(
  context: ActionContext,
  call: IdentifiedCall,
  policy: ActionPolicy,
): Pick<ActionSpec, "id" | "run" | "parent" | "ordinal" | "group" | "policy" | "asked" | "createdMs"> {
  const { execution } = context;
  return {
    id: call.id,
    run: execution.claimed.spec.run,
    parent: execution.claimed.spec.id,
    ordinal: call.ordinal,
    group: context.group,
    policy,
    asked: execution.position,
    createdMs: execution.world.clock.nowMs(),
  };
}

function refuseInTrace(context: ActionContext, callee: string): void {
  if (context.withinName !== null) throw new TraceNestingError({ callee, trace: context.withinName });
}
