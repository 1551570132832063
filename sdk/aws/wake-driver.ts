/**
 * How a parked run is woken: its execution waits for an answer to its task token.
 *
 * K1. Who has news raises the root action's state first and reads the token afterwards; `parkRun` stores the token first and
 *     reads the state afterwards. One of the two sees the other, so no wake-up is lost.
 * K2. A token may be answered twice, or when nobody waits any more: that changes nothing.
 */
import { claimAction } from "../core/action-state.ts";
import { rootActionId, runOf, SERVICE_QUEUE } from "../core/identity.ts";
import type { ActionState, Message } from "../core/records.ts";
import { persist } from "../engine/persist.ts";
import type { Outgoing, Queue, World } from "../ports.ts";
import { isWaiting } from "./drive.ts";
import { isForDriver } from "./root-message.ts";

/** Where the task token of a parked run is kept. Reads see every finished write. */
export interface TaskTokens {
  store(run: string, token: string): Promise<void>;
  /** The latest token, or null. */
  read(run: string): Promise<string | null>;
}

/** Lets whoever waits for the token go on. Resolves also when nobody waits for it any more (K2). */
export type AnswerToken = (token: string) => Promise<void>;

export interface Waking {
  readonly tokens: TaskTokens;
  readonly answer: AnswerToken;
}

/** Parks a run: stores its token, and answers it at once when there is news by now (K1). */
export async function parkRun(
  world: World,
  waking: Waking,
  parked: { readonly run: string; readonly token: string },
): Promise<"parked" | "woken"> {
  const { run, token } = parked;
  await persist(world, () => waking.tokens.store(run, token));
  const [state] = await persist(world, () => world.store.readStates([rootActionId(run)]));
  if (state !== undefined && state !== null && isWaiting(state, world.clock.nowMs())) return "parked";
  await persist(world, () => waking.answer(token));
  return "woken";
}

/** Wakes a run whatever its state is, for one that has ended. */
export async function wakeRun(world: World, waking: Waking, run: string): Promise<void> {
  const token = await persist(world, () => waking.tokens.read(run)); // K1
  if (token !== null) await persist(world, () => waking.answer(token));
}

const earlyMs = 2_000;

/**
 * The world's queue, on which messages for root actions wake their run's execution. One that is not due yet, or has been sent
 * before the state that it is about was written, goes the way of a timer and comes back by `send`.
 */
export function driverWakingQueue(world: World, waking: Waking): Queue {
  const { queue } = world;
  return {
    send: async (messages) => {
      const passed = messages.filter((one) => !isForDriver(one.message));
      const forDrivers = messages.filter((one) => isForDriver(one.message));
      const later = await Promise.all(forDrivers.map((one) => wakeOrWait(world, waking, one)));
      const sent = [...passed, ...later.filter((one) => one !== null)];
      if (sent.length > 0) await queue.send(sent);
    },
    receive: (name, max, waitMs, signal) => queue.receive(name, max, waitMs, signal),
    remove: (deliveries) => queue.remove(deliveries),
    release: (delivery, delayMs) => queue.release(delivery, delayMs),
  };
}

/** What is left to be sent: the message for later, or nothing. */
async function wakeOrWait(world: World, waking: Waking, outgoing: Outgoing): Promise<Outgoing | null> {
  const { message, delayMs } = outgoing;
  if (delayMs > 0) return { queue: SERVICE_QUEUE, message, delayMs };
  const [state] = await persist(world, () => world.store.readStates([message.action]));
  const waitMs = dueInMs(state ?? null, message, world.clock.nowMs());
  if (waitMs === null) return null;
  if (waitMs > 0) return { queue: SERVICE_QUEUE, message, delayMs: waitMs };
  await wakeRun(world, waking, runOf(message.action));
  return null;
}

/**
 * In how many milliseconds a driver could do something with the message: 0 for now, null for never. It is the engine's own
 * decision about a claim that tells, as from one who holds nothing.
 */
function dueInMs(state: ActionState | null, message: Message, nowMs: number): number | null {
  // The first message of a run is the start of its execution: whoever drives it will look.
  if (state === null) return null;
  const { epoch } = message;
  const decision = claimAction(state, { messageId: "", epoch, mark: "", nowMs });
  if (decision.kind === "write") return 0;
  if (decision.reason === "early") return earlyMs;
  return decision.reason === "not-ready" ? Math.max(1, state.readyMs - nowMs) : null;
}
