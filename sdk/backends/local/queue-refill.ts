/** The messages that must be on the queues, as the durable records of an unfinished action say. */
import { initialState } from "../../core/action-state.ts";
import { SERVICE_QUEUE } from "../../core/identity.ts";
import { nextLimit } from "../../core/limits.ts";
import type { ActionSpec, ActionState } from "../../core/records.ts";
import type { RestoredMessage } from "./queue.ts";

/**
 * One message to run the action, whether or not it has reason to run: the claim refuses it where it has none. One more to
 * look after its limits, if it has any. For a timer the message that fires it.
 *
 * @param state Null where it was never claimed.
 */
export function messagesToRestore(
  spec: ActionSpec,
  state: ActionState | null,
  nowMs: number,
): RestoredMessage[] {
  const service = { queue: SERVICE_QUEUE, messageId: null };
  if (spec.kind === "timer") {
    const message = { kind: "timer", action: spec.id, spec } as const;
    return [{ ...service, message, dueMs: spec.fireAtMs ?? nowMs }];
  }
  const current = state ?? initialState(spec);
  // An action goes on under the message that it ran under: the claim takes that one as redelivered.
  const messageId = current.status === "running" ? current.owner : null;
  const dueMs = state?.status === "queued" ? state.readyMs : nowMs;
  const run = { kind: "run", action: spec.id, spec } as const;
  const messages: RestoredMessage[] = [{ queue: spec.environment, message: run, dueMs, messageId }];
  const limit = nextLimit(current, spec.policy);
  if (limit !== null) {
    const expire = { kind: "expire", action: spec.id, spec: null } as const;
    messages.push({ ...service, message: expire, dueMs: limit.atMs });
  }
  return messages;
}
