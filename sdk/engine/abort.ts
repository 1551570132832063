/** Ends actions that nobody waits for any more. Their own ends are then told, and end their descendants in turn. */
import { abortAction, initialState } from "../core/action-state.ts";
import { type ActionId, type ActionSpec, isEnded } from "../core/records.ts";
import type { World } from "../ports.ts";
import { applyDecision } from "./apply.ts";
import { persist } from "./persist.ts";

const parallelMax = 50;

/** Aborts one action; one that has ended stays as it is. False if there is no such action. */
export async function abortOne(world: World, action: ActionId, reason: string): Promise<boolean> {
  const spec = await persist(world, () => world.store.readSpec(action));
  if (spec === null) return false;
  await abortSpec(world, spec, reason);
  return true;
}

/** Aborts all unfinished children of an action; timers just lose their reader. */
export async function abortChildren(world: World, parent: ActionId, reason: string): Promise<void> {
  const children = await persist(world, () => world.store.listChildren(parent));
  const unfinished = children
    .filter((child) => child.spec.kind === "task" && (child.status === null || !isEnded(child.status)))
    .map((child) => child.spec);
  const abortNext = async () => {
    for (let spec = unfinished.pop(); spec !== undefined; spec = unfinished.pop()) {
      await abortSpec(world, spec, reason);
    }
  };
  await Promise.all(Array.from({ length: Math.min(parallelMax, unfinished.length) }, abortNext));
}

async function abortSpec(world: World, spec: ActionSpec, reason: string): Promise<void> {
  const [state] = await persist(world, () => world.store.readStates([spec.id]));
  await applyDecision(world, state ?? initialState(spec), (current) =>
    abortAction(current, reason, world.clock.nowMs()),
  );
}
