/** States in the table: every write of one is a compare-and-set on its version. */
import type { ActionId, ActionState } from "../../core/records.ts";
import type { WriteStateResult } from "../../ports.ts";
import type { Bodies } from "./bodies.ts";
import { stateKey } from "./key-layout.ts";
import { stateItem, stateOf } from "./state-item.ts";
import type { Condition, Table } from "./table.ts";

/** Nobody has claimed the action yet. */
const isUnclaimed: Condition = { expression: "attribute_not_exists(pk)" };

/** The state is still the one that the decision was made from. */
function isUnchangedSince(version: number): Condition {
  return { expression: "v = :decidedFrom", values: { ":decidedFrom": { N: String(version) } } };
}

export class States {
  readonly #table: Table;
  readonly #bodies: Bodies;

  constructor(table: Table, bodies: Bodies) {
    this.#table = table;
    this.#bodies = bodies;
  }

  async read(actions: readonly ActionId[]): Promise<readonly (ActionState | null)[]> {
    const operation = actions.length === 1 ? `read the state of action ${actions[0]}` : "read states";
    const items = await this.#table.read(operation, actions.map(stateKey));
    return await Promise.all(items.map((item) => (item === null ? null : stateOf(item, this.#bodies))));
  }

  async write(next: ActionState, expected: number | null): Promise<WriteStateResult> {
    if (next.version !== (expected ?? 0) + 1) {
      throw new Error(
        `Broken invariant: version ${next.version} of ${next.id} over version ${expected ?? 0}.`,
      );
    }
    const condition = expected === null ? isUnclaimed : isUnchangedSince(expected);
    const item = await stateItem(next, this.#bodies);
    const result = await this.#table.put(`write the state of action ${next.id}`, item, condition);
    if (result.ok) return result;
    const { current } = result;
    return { ok: false, current: current === null ? null : await stateOf(current, this.#bodies) };
  }
}
