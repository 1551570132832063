/** What comes out of the service queue and the dead-letter queues of a stack. */
import { initialState, loseAction } from "../core/action-state.ts";
import { rootActionId, SERVICE_QUEUE } from "../core/identity.ts";
import { type ActionState, isEnded, type Message, type RunRecord } from "../core/records.ts";
import { abortOne } from "../engine/abort.ts";
import { applyDecision } from "../engine/apply.ts";
import { persist } from "../engine/persist.ts";
import { handleServiceMessage } from "../engine/timers.ts";
import type { Delivery, World } from "../ports.ts";

/**
 * Handles one message of the service queue: a timer, a limit to be looked after, or the message of a root action that was
 * sent before its time. May be repeated. `world` is one whose queue wakes drivers.
 */
export async function serveMessage(world: World, message: Message): Promise<void> {
  if (message.kind !== "run") {
    await handleServiceMessage(world, message);
    return;
  }
  const queue = message.spec?.environment ?? SERVICE_QUEUE;
  await persist(world, () => world.queue.send([{ queue, message, delayMs: 0 }]));
}

const againMs = 300_000;

/**
 * Handles a delivery that its queue has given up on. An action that no worker survived fails with a WorkerLostError, so that
 * no caller waits for ever; one that is executed under another message is left alone. What belongs to the service queue is
 * sent there again: a timer that nobody looks after would never fire. May be repeated.
 */
export async function buryMessage(
  world: World,
  delivery: Delivery,
): Promise<"lost" | "sent-again" | "ignored"> {
  const { message, messageId } = delivery;
  if (message.kind !== "run") {
    await persist(world, () => world.queue.send([{ queue: SERVICE_QUEUE, message, delayMs: againMs }]));
    return "sent-again";
  }
  const spec = message.spec ?? (await persist(world, () => world.store.readSpec(message.action)));
  if (spec === null) return "ignored";
  const [stored] = await persist(world, () => world.store.readStates([spec.id]));
  const applied = await applyDecision(world, stored ?? initialState(spec), (current) =>
    isWaitingFor(current, message, messageId)
      ? loseAction(current, world.clock.nowMs())
      : { kind: "refuse", reason: "duplicate" },
  );
  return applied.kind === "written" ? "lost" : "ignored";
}

/** True if the message was the one that would have had the action executed. */
function isWaitingFor(state: ActionState, { epoch }: Message, messageId: string): boolean {
  if (isEnded(state.status)) return false;
  if (state.status === "running") return state.owner === messageId;
  if (epoch !== undefined && epoch !== state.epoch) return false;
  return state.status === "queued" || state.inbox > state.read;
}

/** Ends a run whose execution is over without it; one that has ended stays as it is. */
export async function abortRun(world: World, run: string, reason: string): Promise<"aborted" | "unknown"> {
  if (await abortOne(world, rootActionId(run), reason)) return "aborted";
  // Its start was cut short between the record and the root action: the record has what is needed to end it.
  const record = await persist(world, () => world.store.readRun(run));
  if (record === null) return "unknown";
  await writeRoot(world, record);
  return (await abortOne(world, rootActionId(run), reason)) ? "aborted" : "unknown";
}

async function writeRoot(world: World, { root }: RunRecord): Promise<void> {
  await persist(world, () => world.store.putSpecs([root]));
}
