/**
 * Names that a replay finds again. An id depends on who asks, for what, with which input and how often before, and on
 * nothing else: not on time, order of completion, retries or the body of a function.
 */
import { hashStrings } from "./codec/canonical.ts";
import type { ActionId } from "./records.ts";

/** Queue of the messages that no worker executes: timers and expiries. No environment may have this name. */
export const SERVICE_QUEUE = "drover-service";

/** Name under which `sleep` appears in ids and tables. */
export const TIMER_NAME = "sleep";

const ROOT_LOCAL_ID = "a0";

export function rootActionId(run: string): ActionId {
  return `${run}/${ROOT_LOCAL_ID}`;
}

/** The run an action belongs to. */
export function runOf(action: ActionId): string {
  return action.slice(0, action.indexOf("/"));
}

/** What people see of an action's id inside its run. */
export function localIdOf(action: ActionId): string {
  return action.slice(action.indexOf("/") + 1);
}

export interface Invocation {
  readonly name: string;
  readonly inputHash: string;
  /** 1 for the first of equal invocations. */
  readonly ordinal: number;
}

/**
 * Id of a child. `generation` counts the equal children that failed in earlier attempts of the parent: a new attempt
 * asks a failed child again under a new id, and meets a finished one under its old.
 */
export function childActionId(parent: ActionId, call: Invocation, generation: number): ActionId {
  const parts = [localIdOf(parent), call.name, call.inputHash, String(call.ordinal)];
  if (generation > 0) parts.push(String(generation));
  return `${runOf(parent)}/${hashStrings(parts)}`;
}

/** Id of a trace within its action. `version` is the author's way to set recorded results aside on purpose. */
export function traceId(action: ActionId, call: Invocation, version: string): string {
  return hashStrings([localIdOf(action), call.name, version, call.inputHash, String(call.ordinal)]);
}

/** Id of one step of a traced generator. */
export function stepId(trace: string, step: number): string {
  return `${trace}:${step}`;
}

/** Counts equal invocations in one execution of an action. */
export class Ordinals {
  readonly #counts = new Map<string, Map<string, number>>();

  next(name: string, inputHash: string): number {
    let ofName = this.#counts.get(name);
    if (ofName === undefined) {
      ofName = new Map();
      this.#counts.set(name, ofName);
    }
    const ordinal = (ofName.get(inputHash) ?? 0) + 1;
    ofName.set(inputHash, ordinal);
    return ordinal;
  }
}
