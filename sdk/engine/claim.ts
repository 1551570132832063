/** From a message to an action that may be executed: claims it and reads everything durable about it. */
import { claimAction, initialState, judgeLosses } from "../core/action-state.ts";
import { resolveJournal } from "../core/journal.ts";
import { passedLimit } from "../core/limits.ts";
import { MailboxView } from "../core/mailbox.ts";
import { type ActionSpec, type ActionState, isEnded } from "../core/records.ts";
import type { Delivery, World } from "../ports.ts";
import { abortOne } from "./abort.ts";
import { applyDecision } from "./apply.ts";
import type { ClaimedAction } from "./claimed-action.ts";
import type { ParentCheck } from "./parent-check.ts";
import { persist } from "./persist.ts";
import { expire } from "./timers.ts";

export type ClaimResult =
  | { readonly kind: "claimed"; readonly action: ClaimedAction }
  /** Nothing to do for this message, ever. */
  | { readonly kind: "done" }
  | { readonly kind: "later"; readonly delayMs: number }
  /** Its executors were lost so often that it may run only where no other such action does. */
  | { readonly kind: "suspect" };

/** @param isBesideSuspects True where actions may run that are suspect: another one is not claimed there. */
export async function claimDelivery(
  world: World,
  delivery: Delivery,
  parents: ParentCheck,
  isBesideSuspects = false,
): Promise<ClaimResult> {
  const { message } = delivery;
  const spec = message.spec ?? (await persist(world, () => world.store.readSpec(message.action)));
  if (spec === null) return { kind: "done" };
  const isFirst = message.spec !== null && (message.epoch ?? 0) === 0;
  const known = isFirst ? null : await readState(world, spec);
  const [claimed, isOrphan] = await Promise.all([
    claimState(world, spec, known, delivery, isBesideSuspects),
    parents.isEnded(spec),
  ]);
  if (claimed.kind !== "running") return claimed;
  if (isOrphan) {
    await abortOne(world, spec.id, "its parent has ended");
    return { kind: "done" };
  }
  const action = await loadAction(world, spec, claimed.state, claimed.before);
  // Lost too often, or taken over: the message may be another's by now.
  return action === null ? again : { kind: "claimed", action };
}

/** To be looked at again, when whatever it runs into now is over. */
const again = { kind: "later", delayMs: 200 } as const;

type StateClaim =
  | { readonly kind: "running"; readonly state: ActionState; readonly before: ActionState }
  | Exclude<ClaimResult, { readonly kind: "claimed" }>;

/** `known` is null where the state was not read, since most likely there is none yet. */
async function claimState(
  world: World,
  spec: ActionSpec,
  known: ActionState | null,
  delivery: Delivery,
  isBesideSuspects: boolean,
): Promise<StateClaim> {
  const mark = world.entropy.uuid();
  let before = known ?? initialState(spec);
  let hasExpired = false;
  const applied = await applyDecision(world, before, (current) => {
    before = current;
    const nowMs = world.clock.nowMs();
    hasExpired = !isEnded(current.status) && passedLimit(current, spec.policy, nowMs) !== null;
    if (hasExpired) return { kind: "refuse", reason: "not-due" };
    return claimAction(current, {
      messageId: delivery.messageId,
      epoch: delivery.message.epoch,
      mark,
      nowMs,
      isBesideSuspects,
    });
  });
  if (hasExpired) {
    // What was only assumed may not end it: it may be running, under this very message.
    if (known === null && before.version === 0) {
      return await claimState(world, spec, await readState(world, spec), delivery, isBesideSuspects);
    }
    await expire(world, spec);
    return again;
  }
  if (applied.kind === "written") return { kind: "running", state: applied.state, before };
  if (applied.reason === "suspect") return { kind: "suspect" };
  if (applied.reason === "early") return again;
  if (applied.reason === "not-ready") {
    return { kind: "later", delayMs: Math.max(1, applied.state.readyMs - world.clock.nowMs()) };
  }
  return { kind: "done" };
}

async function readState(world: World, spec: ActionSpec): Promise<ActionState> {
  const [state] = await persist(world, () => world.store.readStates([spec.id]));
  return state ?? initialState(spec);
}

/** The journal, mailbox and children of a claimed action; a first epoch has none. Null if it was lost too often. */
async function loadAction(
  world: World,
  spec: ActionSpec,
  state: ActionState,
  before: ActionState,
): Promise<ClaimedAction | null> {
  if (state.version === 1) return freshAction(spec, state);
  const loaded = await loadLog(world, spec, state, before.status !== "suspended");
  if (before.status !== "running") return loaded;
  const progress = loaded.log.recordCount + loaded.mailbox.end;
  const judged = await applyDecision(world, state, (current) =>
    judgeLosses(current, state.epoch, progress, world.clock.nowMs()),
  );
  if (judged.kind === "refused") return judged.reason === "not-due" ? loaded : null;
  return isEnded(judged.state.status) ? null : { ...loaded, state: judged.state };
}

/** The claim made the state: nobody has executed the action before, so there is nothing to read. */
function freshAction(spec: ActionSpec, state: ActionState): ClaimedAction {
  const log = resolveJournal([], state.base);
  return { spec, state, log, mailbox: new MailboxView(), children: new Map(), mayLackMessages: false };
}

/**
 * Also what a suspended action's executor calls to go on when there was news at the last moment. The mailbox is read to its
 * end last: an older executor may still write, and what it writes tells of entries that are there by then.
 */
export async function loadLog(
  world: World,
  spec: ActionSpec,
  state: ActionState,
  mayLackMessages: boolean,
): Promise<ClaimedAction> {
  const mailbox = new MailboxView();
  const [batches, children] = await Promise.all([
    persist(world, () => world.store.readJournal(spec.id)),
    persist(world, () => world.store.listChildren(spec.id)),
    readMailboxOnce(world, spec, mailbox),
  ]);
  let count: number;
  do count = await readMailboxOnce(world, spec, mailbox);
  while (count > 0);
  return {
    spec,
    state,
    log: resolveJournal(batches, state.base),
    mailbox,
    children: new Map(children.map((child) => [child.spec.id, child])),
    mayLackMessages,
  };
}

/** How many entries it brought. */
async function readMailboxOnce(world: World, spec: ActionSpec, mailbox: MailboxView): Promise<number> {
  const after = mailbox.end;
  const entries = await persist(world, () => world.store.readMailbox(spec.id, after, 0));
  mailbox.add(after, entries);
  return entries.length;
}
