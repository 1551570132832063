/**
 * Tells parents of their children's ends, and children of their parents'. Called with states that have ended, at least
 * once each; every step may be repeated and may run beside another of its kind.
 *
 * N1. First the mailbox, then the parent's inbox mark, then the wake-up: whoever dies in between is followed by one who
 *     does it all again, so no wake-up is lost. An entry written twice is delivered once.
 */
import { raiseInbox } from "../core/action-state.ts";
import {
  type ActionId,
  type ActionState,
  type EndedStatus,
  isEnded,
  type MailboxEntry,
} from "../core/records.ts";
import type { World } from "../ports.ts";
import { abortChildren } from "./abort.ts";
import { applyDecision } from "./apply.ts";
import { persist } from "./persist.ts";

export async function notifyEnded(world: World, ended: readonly ActionState[]): Promise<void> {
  const byParent = new Map<ActionId, MailboxEntry[]>();
  for (const state of ended) {
    if (state.parent === null) continue;
    const entries = byParent.get(state.parent) ?? [];
    entries.push(entryOf(state));
    byParent.set(state.parent, entries);
  }
  const told = [...byParent].map(([parent, entries]) => tellParent(world, parent, entries));
  const orphaned = ended
    .filter(mayHaveChildren)
    .map((state) => abortChildren(world, state.id, `its parent has ${state.status}`));
  await Promise.all([...told, ...orphaned]);
}

/** Only a first executor that succeeded knows that there are none: a fenced one may have asked after it was looked. */
function mayHaveChildren(state: ActionState): boolean {
  if (state.spawned || state.epoch > 1) return true;
  return state.status !== "succeeded" && state.epoch > 0;
}

function entryOf(state: ActionState): MailboxEntry {
  return {
    child: state.id,
    status: state.status as EndedStatus,
    outcome: state.outcome,
    endedMs: state.endedMs ?? 0,
  };
}

/** Appends to a parent's mailbox and wakes it if it sleeps. A parent that has ended is not told. */
export async function tellParent(
  world: World,
  parent: ActionId,
  entries: readonly MailboxEntry[],
): Promise<void> {
  const [state] = await persist(world, () => world.store.readStates([parent]));
  if (state === undefined || state === null || isEnded(state.status)) return;
  let end = state.inbox;
  const chunkMax = world.store.limits.mailboxEntriesMax;
  for (let from = 0; from < entries.length; from += chunkMax) {
    end = await append(world, parent, end, entries.slice(from, from + chunkMax));
  }
  const raised = await applyDecision(world, state, (current) => raiseInbox(current, end));
  const { status, epoch, inbox, read } = raised.state;
  if (status !== "suspended" || inbox <= read) return;
  await persist(world, () =>
    world.queue.send([
      {
        queue: raised.state.environment,
        message: { kind: "run", action: parent, spec: null, epoch },
        delayMs: 0,
      },
    ]),
  );
}

/** Appends at the end, wherever that is by now; answers the new end. */
async function append(
  world: World,
  parent: ActionId,
  endMin: number,
  entries: readonly MailboxEntry[],
): Promise<number> {
  for (let first = endMin; ; ) {
    const at = first;
    const isAppended = await persist(world, () => world.store.appendMailbox(parent, at, entries));
    if (isAppended) return at + entries.length;
    first = await persist(world, () => world.store.mailboxEnd(parent));
  }
}
