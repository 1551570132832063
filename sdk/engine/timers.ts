/** What the service queue brings: timers that are due, and limits to be looked after. */
import { expireAction, initialState } from "../core/action-state.ts";
import { SERVICE_QUEUE } from "../core/identity.ts";
import { resolveJournal } from "../core/journal.ts";
import { nextLimit } from "../core/limits.ts";
import type { ActionSpec, ActionState, LogPosition, Message } from "../core/records.ts";
import { isEnded } from "../core/records.ts";
import type { Outgoing, World } from "../ports.ts";
import { applyDecision } from "./apply.ts";
import { tellParent } from "./notify.ts";
import { persist } from "./persist.ts";

/** Handles one message of the service queue. May be repeated. */
export async function handleServiceMessage(world: World, message: Message): Promise<void> {
  const spec = message.spec ?? (await persist(world, () => world.store.readSpec(message.action)));
  if (spec === null) return;
  if (message.kind === "timer") await fireTimer(world, spec);
  else await expire(world, spec);
}

async function fireTimer(world: World, spec: ActionSpec): Promise<void> {
  const { parent, fireAtMs } = spec;
  if (parent === null || fireAtMs === null) return;
  const nowMs = world.clock.nowMs();
  if (nowMs < fireAtMs) {
    const again: Outgoing = {
      queue: SERVICE_QUEUE,
      message: { kind: "timer", action: spec.id, spec },
      delayMs: fireAtMs - nowMs,
    };
    await persist(world, () => world.queue.send([again]));
    return;
  }
  await tellParent(world, parent, [{ child: spec.id, status: "fired", outcome: null, endedMs: nowMs }]);
}

/** Ends the attempt or the action if a limit has passed, and sees to it that the next limit is looked after. */
export async function expire(world: World, spec: ActionSpec): Promise<void> {
  const [stored] = await persist(world, () => world.store.readStates([spec.id]));
  const known = stored ?? initialState(spec);
  if (isEnded(known.status)) return;
  const position = await journalEnd(world, known);
  const applied = await applyDecision(
    world,
    known,
    (current) => expireAction(current, spec.policy, position, world.clock.nowMs()),
    (next) => sendFollowUps(world, spec, next),
  );
  if (applied.kind === "refused") await sendFollowUps(world, spec, applied.state);
}

/** Where the log of the current attempt ends, as far as anyone can see. */
async function journalEnd(world: World, state: ActionState): Promise<LogPosition> {
  const batches = await persist(world, () => world.store.readJournal(state.id));
  const last = resolveJournal(batches, state.base).chain.at(-1);
  return { ...state.base, index: last?.index ?? state.base.index, epoch: last?.epoch ?? state.base.epoch };
}

/**
 * Sends the messages for an action as it stands in `state`: for its next attempt, and for a look at its next limit. Sent before
 * the state is written, so that no queued action is without a message (A6); those that come too early wait.
 */
export async function sendFollowUps(world: World, spec: ActionSpec, state: ActionState): Promise<void> {
  const messages = followUps(world, spec, state);
  if (messages.length > 0) await persist(world, () => world.queue.send(messages));
}

function followUps(world: World, spec: ActionSpec, state: ActionState): Outgoing[] {
  const nowMs = world.clock.nowMs();
  const messages: Outgoing[] = [];
  if (state.status === "queued") {
    const message: Message = { kind: "run", action: spec.id, spec, epoch: state.epoch };
    messages.push({ queue: spec.environment, message, delayMs: Math.max(0, state.readyMs - nowMs) });
  }
  const limit = nextLimit(state, spec.policy);
  if (limit !== null) {
    const message: Message = { kind: "expire", action: spec.id, spec: null };
    messages.push({ queue: SERVICE_QUEUE, message, delayMs: Math.max(0, limit.atMs - nowMs) });
  }
  return messages;
}
