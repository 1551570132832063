/** Messages that are not due yet, the earliest first; of equally early ones the one that came first. */
export interface Due {
  readonly dueMs: number;
  /** Grows with each message, so that equal times keep their order. */
  readonly order: number;
}

/** A binary heap: adding and taking cost the logarithm of what it holds. */
export class DueHeap<T extends Due> {
  readonly #items: T[] = [];

  get first(): T | null {
    return this.#items[0] ?? null;
  }

  push(item: T): void {
    const items = this.#items;
    let at = items.length;
    items.push(item);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = items[above] as T;
      if (!isBefore(item, parent)) break;
      items[at] = parent;
      at = above;
    }
    items[at] = item;
  }

  /** Takes the first one out, if it is due. */
  takeDue(nowMs: number): T | null {
    const first = this.#items[0];
    if (first === undefined || first.dueMs > nowMs) return null;
    const last = this.#items.pop() as T;
    if (this.#items.length > 0) this.#sinkFromTop(last);
    return first;
  }

  #sinkFromTop(item: T): void {
    const items = this.#items;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= items.length) break;
      if (below + 1 < items.length && isBefore(items[below + 1] as T, items[below] as T)) below += 1;
      const child = items[below] as T;
      if (!isBefore(child, item)) break;
      items[at] = child;
      at = below;
    }
    items[at] = item;
  }
}

function isBefore(one: Due, other: Due): boolean {
  return one.dueMs === other.dueMs ? one.order < other.order : one.dueMs < other.dueMs;
}
