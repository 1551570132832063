/** Specs as items, and the broods that list children. */
import { localIdOf, runOf } from "../../core/identity.ts";
import type { ActionId, ActionSpec, Payload } from "../../core/records.ts";
import type { Bodies } from "./bodies.ts";
import {
  damaged,
  headOf,
  type Item,
  keyAttributes,
  keyOf,
  optionalText,
  packed,
  textOrNull,
  unpacked,
} from "./items.ts";
import { actionAt, broodKey, hasNoBroods, specKey } from "./key-layout.ts";

type SpecHead = Omit<ActionSpec, "id" | "parent" | "kind" | "input">;

export async function specItem(spec: ActionSpec, bodies: Bodies): Promise<Item> {
  const { id, parent, kind, input, ...head } = spec;
  return {
    ...keyAttributes(specKey(id)),
    ...optionalText("p", parent),
    ...optionalText("k", kind === "timer" ? kind : null),
    h: { B: packed(head) },
    ...(await bodies.attributes(spec.run, packed(input))),
  };
}

export async function specOf(item: Item, bodies: Bodies): Promise<ActionSpec> {
  const body = await bodies.of(item);
  if (body === null) throw damaged(item, "its input is missing");
  return { ...specHeadOf(item), input: unpacked<Payload>(body) };
}

/** What the item says without its input. */
export function specHeadOf(item: Item): Omit<ActionSpec, "input"> {
  return {
    id: actionAt(keyOf(item)),
    parent: textOrNull(item, "p"),
    kind: textOrNull(item, "k") === "timer" ? "timer" : "task",
    ...headOf<SpecHead>(item),
  };
}

/** One brood for each parent whose children are not found otherwise. A child is in the run of its parent. */
export function broodItems(specs: readonly ActionSpec[]): readonly Item[] {
  const byParent = Map.groupBy(specs, (spec) => spec.parent);
  return [...byParent].flatMap(([parent, children]) => {
    if (parent === null || hasNoBroods(parent)) return [];
    const localIds = children.map((child) => localIdOf(child.id)).sort();
    return [{ ...keyAttributes(broodKey(parent, localIds)), h: { B: packed(localIds) } }];
  });
}

/** The children that a brood of this parent lists. */
export function childrenIn(brood: Item, parent: ActionId): readonly ActionId[] {
  return headOf<readonly string[]>(brood).map((localId) => `${runOf(parent)}/${localId}`);
}
