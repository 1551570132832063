/** Carries a decision about an action's state out: compare-and-set, and decide again where the state had moved. */
import type { Decision, Refusal } from "../core/action-state.ts";
import type { ActionState } from "../core/records.ts";
import type { World } from "../ports.ts";
import { persist } from "./persist.ts";

export type Applied =
  | { readonly kind: "written"; readonly state: ActionState }
  | { readonly kind: "refused"; readonly reason: Refusal; readonly state: ActionState };

/**
 * `known` is the state as last seen: the one just read or written, or `initialState` where none is expected.
 * A write whose answer was lost is recognised when it is met again. `prepare` makes durable what has to be so before the
 * write is; it may have been called for a write that was then not made.
 */
export async function applyDecision(
  world: World,
  known: ActionState,
  decide: (current: ActionState) => Decision,
  prepare: (next: ActionState) => Promise<void> = async () => undefined,
): Promise<Applied> {
  for (let current = known; ; ) {
    const decision = decide(current);
    if (decision.kind === "refuse") return { kind: "refused", reason: decision.reason, state: current };
    const { next } = decision;
    await prepare(next);
    const expected = current.version === 0 ? null : current.version;
    const result = await persist(world, () => world.store.writeState(next, expected));
    if (result.ok) return { kind: "written", state: next };
    if (result.current === null) throw new Error(`State of action ${next.id} has vanished.`);
    if (isSameWrite(result.current, next)) return { kind: "written", state: result.current };
    current = result.current;
  }
}

/** Version, epoch and claim together name one write: a claim's mark is random, an epoch has one executor. */
function isSameWrite(stored: ActionState, next: ActionState): boolean {
  return (
    stored.version === next.version &&
    stored.epoch === next.epoch &&
    stored.claim === next.claim &&
    stored.status === next.status &&
    stored.inbox === next.inbox
  );
}
