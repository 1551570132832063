/** A checkpointed call: runs its body once, and answers from its record ever after. */

import { valueHash } from "../core/codec/canonical.ts";
import { encode } from "../core/codec/encode.ts";
import { toErrorRecord } from "../core/error-record.ts";
import { InlineLimitError } from "../core/errors.ts";
import { localIdOf, Ordinals, traceId } from "../core/identity.ts";
import type { Outcome, TraceRecord } from "../core/records.ts";
import { type ActionContext, runInContext } from "./context.ts";
import type { Ask } from "./deliveries.ts";
import { storePayload } from "./payloads.ts";

export interface TraceCall {
  readonly name: string;
  /** Changed by the author to set recorded results aside. */
  readonly version: string;
  readonly args: readonly unknown[];
}

/** What a record of this call is known by. */
export interface TraceIdentity {
  readonly id: string;
  readonly ordinal: number;
}

export function identifyTrace(context: ActionContext, call: TraceCall): TraceIdentity {
  const inputHash = valueHash(call.args, `Input of trace "${call.name}"`);
  const name = `trace ${call.name}`;
  const ordinal = context.ordinals.next(name, inputHash);
  const parent = context.within ?? context.execution.claimed.spec.id;
  return { id: traceId(parent, { name, inputHash, ordinal }, call.version), ordinal };
}

/** Calls `body` in the context of the current action, unless its result is recorded. */
export function callTrace(context: ActionContext, call: TraceCall, body: () => unknown): Promise<unknown> {
  const identity = identifyTrace(context, call);
  return askStep(context, call, { ...identity, traceId: identity.id, step: null }, body);
}

export interface StepIdentity {
  /** Id of the record: the trace's own, or one of its steps'. */
  readonly id: string;
  readonly traceId: string;
  readonly ordinal: number;
  readonly step: number | null;
}

/**
 * One recorded unit of work: a function's whole body, or one step of a generator. The steps of one generator share the
 * `ordinals` of its body, which goes on from step to step.
 */
export function askStep(
  context: ActionContext,
  call: TraceCall,
  identity: StepIdentity,
  body: () => unknown,
  ordinals?: Ordinals,
): Promise<unknown> {
  const { execution } = context;
  const { log } = execution.claimed;
  const start = () => {
    const spare = log.spare.get(identity.id);
    if (spare === undefined) void runBody(context, call, identity, body, ordinals);
    else execution.record({ ...spare, within: context.within }, null);
  };
  const known = log.known.get(identity.id)?.outcome ?? null;
  const ask: Ask = {
    id: identity.id,
    kind: "trace",
    // Few are ever read: made when one is.
    get label() {
      const step = identity.step === null ? "" : `, step ${identity.step + 1}`;
      return `trace "${call.name}" (call ${identity.ordinal}${step})`;
    },
    start,
  };
  return execution.ask(ask, known);
}

async function runBody(
  context: ActionContext,
  call: TraceCall,
  identity: StepIdentity,
  body: () => unknown,
  ordinals: Ordinals = new Ordinals(),
): Promise<void> {
  const { execution } = context;
  const { clock } = execution.world;
  const startedMs = clock.nowMs();
  execution.countBody(1);
  let outcome: Outcome | Promise<Outcome>;
  let fresh: { readonly value: unknown };
  try {
    const inner: ActionContext = {
      ...context,
      within: identity.traceId,
      withinName: call.name,
      ordinals,
    };
    const value = await runInContext(inner, body);
    outcome = outcomeOf(context, call, identity, value);
    fresh = { value };
  } catch (error) {
    outcome = { kind: "error", error: toErrorRecord(error) };
    fresh = { value: error };
  }
  if (outcome instanceof Promise) {
    try {
      outcome = await outcome;
    } catch (error) {
      // That a result cannot be stored is no fault of the body, and no outcome of it.
      execution.close({ kind: "broken", error });
      return;
    }
  }
  execution.countBody(-1);
  const record: TraceRecord = {
    id: identity.id,
    name: call.name,
    ordinal: identity.ordinal,
    step: identity.step,
    within: context.within,
    group: context.group,
    outcome,
    startedMs,
    endedMs: clock.nowMs(),
  };
  execution.record(record, fresh);
}

function outcomeOf(
  context: ActionContext,
  call: TraceCall,
  identity: StepIdentity,
  value: unknown,
): Outcome | Promise<Outcome> {
  const { world, claimed } = context.execution;
  const what = `Result of trace "${call.name}"`;
  const bytes = encode(value, what);
  const limit = claimed.spec.policy.maxInlineBytes;
  if (bytes.byteLength > limit)
    throw new InlineLimitError({ what, sizeBytes: bytes.byteLength, limitBytes: limit });
  if (bytes.byteLength <= world.store.limits.inlineBytesMax) {
    return { kind: "value", payload: { kind: "inline", bytes } };
  }
  const { id, epoch } = claimed.state;
  const key = `${claimed.spec.run}/${localIdOf(id)}/trace-${identity.id}-${epoch}`;
  return storePayload(world, key, bytes).then((payload) => ({ kind: "value", payload }));
}
