/**
 * The calls of one `map` that are under way.
 *
 * M1. At most `concurrency` calls run at once; iterated over, at most `concurrency` are running or wait for their consumer.
 * M2. Results leave in the order of the items.
 * M3. However the map ends early, calls still running are cancelled.
 */
import { MapFailedError } from "../core/errors.ts";

interface Call {
  readonly result: Promise<unknown>;
  cancel(): void;
}

export interface MapWindowOptions {
  readonly items: Iterable<unknown> | AsyncIterable<unknown>;
  /** Number of items, where it is known beforehand. */
  readonly length: number | null;
  readonly concurrency: number;
  readonly onError: "throw" | "return";
  readonly tolerate: { readonly count?: number; readonly percent?: number } | null;
  readonly call: (item: unknown) => Call;
  /** True if results that nobody has taken count as under way. */
  readonly isBoundedAhead: boolean;
}

interface Entry {
  readonly call: Call;
  settled: Promise<PromiseSettledResult<unknown>>;
}

export class MapWindow {
  readonly #options: MapWindowOptions;
  readonly #running = new Set<Entry>();
  #started = 0;
  #failed = 0;
  #error: { readonly error: unknown } | null = null;
  #onChange: (() => void) | null = null;

  constructor(options: MapWindowOptions) {
    this.#options = options;
  }

  /** All results in an array. */
  async collect(): Promise<unknown[]> {
    const results: unknown[] = [];
    await this.#whole(async () => {
      const entries: Entry[] = [];
      for await (const item of this.#options.items) {
        await this.#room(() => this.#running.size);
        if (this.#error !== null) break;
        entries.push(this.#start(item));
      }
      await this.#room(() => (this.#running.size > 0 ? this.#options.concurrency : 0));
      if (this.#error !== null) throw this.#error.error;
      this.#judgeAll();
      for (const entry of entries) results.push(this.#present(await entry.settled));
    });
    return results;
  }

  /** Results one by one, reading ahead no further than the window. */
  async *iterate(): AsyncGenerator<unknown, void, undefined> {
    const waiting: Entry[] = [];
    const reader = readerOf(this.#options.items);
    let isOver = false;
    try {
      for (;;) {
        while (!isOver && this.#error === null && waiting.length < this.#options.concurrency) {
          const next = await reader.next();
          if (next.done === true) isOver = true;
          else waiting.push(this.#start(next.value));
        }
        const first = waiting.shift();
        if (first === undefined) break;
        await this.#settledOrFailed(first);
        if (this.#error !== null) throw this.#error.error;
        yield this.#present(await first.settled);
      }
      this.#judgeAll();
    } finally {
      this.#cancelRunning();
      if (!isOver) await reader.return?.();
    }
  }

  async #whole(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } finally {
      this.#cancelRunning();
    }
  }

  #start(item: unknown): Entry {
    const call = this.#options.call(item);
    const entry: Entry = {
      call,
      settled: Promise.resolve({ status: "fulfilled", value: null }),
    };
    this.#running.add(entry);
    this.#started += 1;
    entry.settled = call.result.then(
      (value) => this.#settle(entry, { status: "fulfilled", value }),
      (reason: unknown) => this.#settle(entry, { status: "rejected", reason }),
    );
    return entry;
  }

  #settle(entry: Entry, settled: PromiseSettledResult<unknown>): PromiseSettledResult<unknown> {
    this.#running.delete(entry);
    if (settled.status === "rejected") {
      this.#failed += 1;
      this.#error ??= this.#judge(settled.reason);
    }
    this.#onChange?.();
    return settled;
  }

  /** Resolves when fewer than `concurrency` are under way, or the map has failed. */
  async #room(underWay: () => number): Promise<void> {
    while (underWay() >= this.#options.concurrency && this.#error === null) await this.#change();
  }

  /** Resolves when the call has settled, or the map has failed by another one. */
  async #settledOrFailed(entry: Entry): Promise<void> {
    while (this.#running.has(entry) && this.#error === null) await this.#change();
  }

  /** Resolves when the next call settles. */
  async #change(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#onChange = resolve;
    });
    this.#onChange = null;
  }

  /** Whether one more failure ends the map. */
  #judge(reason: unknown): { readonly error: unknown } | null {
    const { onError, tolerate, length } = this.#options;
    if (onError === "throw") return { error: reason };
    if (tolerate === null) return null;
    const isOverCount = tolerate.count !== undefined && this.#failed > tolerate.count;
    const isOverPercent =
      tolerate.percent !== undefined && length !== null && this.#failed * 100 > tolerate.percent * length;
    return isOverCount || isOverPercent ? { error: this.#tooMany(reason) } : null;
  }

  /** When all items are known, so is their number. */
  #judgeAll(): void {
    const percent = this.#options.tolerate?.percent;
    if (percent !== undefined && this.#failed * 100 > percent * this.#started) throw this.#tooMany(null);
  }

  #tooMany(lastReason: unknown): MapFailedError {
    return new MapFailedError({
      failed: this.#failed,
      total: this.#options.length ?? this.#started,
      tolerate: this.#options.tolerate ?? {},
      cause: lastReason,
    });
  }

  #present(settled: PromiseSettledResult<unknown>): unknown {
    if (this.#options.onError === "return") return settled;
    if (settled.status === "rejected") throw settled.reason;
    return settled.value;
  }

  /** M3. */
  #cancelRunning(): void {
    for (const entry of this.#running) entry.call.cancel();
    this.#running.clear();
  }
}

function readerOf(items: Iterable<unknown> | AsyncIterable<unknown>): AsyncIterator<unknown> {
  if (Symbol.asyncIterator in items) return items[Symbol.asyncIterator]();
  const iterator = items[Symbol.iterator]();
  return {
    next: async () => iterator.next(),
    return: async () => iterator.return?.() ?? { done: true, value: undefined },
  };
}
