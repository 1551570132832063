interface Entry<T> {
  readonly atMs: number;
  readonly order: number;
  readonly item: T;
}

/** Items by the time at which they are due, the earliest first; those due at the same time in order of arrival. */
export class DueHeap<T> {
  readonly #entries: Entry<T>[] = [];
  #pushed = 0;

  /** The earliest, or null when there is none. */
  get first(): { readonly atMs: number; readonly item: T } | null {
    return this.#entries[0] ?? null;
  }

  push(atMs: number, item: T): void {
    const entry = { atMs, order: this.#pushed++, item };
    let place = this.#entries.length;
    while (place > 0) {
      const above = (place - 1) >> 1;
      if (!isBefore(entry, this.#at(above))) break;
      this.#entries[place] = this.#at(above);
      place = above;
    }
    this.#entries[place] = entry;
  }

  dropFirst(): void {
    const last = this.#entries.pop();
    if (last === undefined || this.#entries.length === 0) return;
    let place = 0;
    for (;;) {
      const below = this.#earlierBelow(place);
      if (below === null || !isBefore(this.#at(below), last)) break;
      this.#entries[place] = this.#at(below);
      place = below;
    }
    this.#entries[place] = last;
  }

  #earlierBelow(place: number): number | null {
    const left = 2 * place + 1;
    if (left >= this.#entries.length) return null;
    const right = left + 1;
    return right < this.#entries.length && isBefore(this.#at(right), this.#at(left)) ? right : left;
  }

  #at(place: number): Entry<T> {
    const entry = this.#entries[place];
    if (entry === undefined) throw new Error(`Broken invariant: nothing is at place ${place} of the heap.`);
    return entry;
  }
}

function isBefore<T>(one: Entry<T>, other: Entry<T>): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}
