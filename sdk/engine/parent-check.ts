/**
 * Whether the parent of an action has ended: a fenced executor may have asked for a child when its parent was over and the
 * children had been looked through. Questions of one turn about the same parent are one read.
 */
import { type ActionId, type ActionSpec, isEnded } from "../core/records.ts";
import type { World } from "../ports.ts";
import { persist } from "./persist.ts";

export class ParentCheck {
  readonly #world: World;
  #reads = new Map<ActionId, Promise<boolean>>();

  constructor(world: World) {
    this.#world = world;
  }

  isEnded(spec: ActionSpec): Promise<boolean> {
    const { parent } = spec;
    if (parent === null) return Promise.resolve(false);
    const asked = this.#reads.get(parent);
    if (asked !== undefined) return asked;
    if (this.#reads.size === 0) {
      this.#world.clock.afterTurn(() => {
        this.#reads = new Map();
      });
    }
    const read = this.#read(parent);
    this.#reads.set(parent, read);
    return read;
  }

  async #read(parent: ActionId): Promise<boolean> {
    const [state] = await persist(this.#world, () => this.#world.store.readStates([parent]));
    return state !== undefined && state !== null && isEnded(state.status);
  }
}
