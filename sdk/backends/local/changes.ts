/**
 * Tells of ended states: those of each commit together, and while a batch is being handled all that end meanwhile. What
 * was handled is marked; what was not is told again, also by the next host.
 */
import type { ActionState } from "../../core/records.ts";
import type { Changes, Clock } from "../../ports.ts";
import type { CommitListener } from "./database.ts";
import type { Unsettled } from "./store-unsettled.ts";

const batchMax = 500;
const retryMsFirst = 50;
const retryMsMax = 5_000;

type Handler = (ended: readonly ActionState[]) => Promise<void>;

export class LocalChanges implements Changes, CommitListener {
  readonly #unsettled: Unsettled;
  readonly #clock: Clock;
  #follower: Follower | null = null;

  constructor(unsettled: Unsettled, clock: Clock) {
    this.#unsettled = unsettled;
    this.#clock = clock;
  }

  /** There is one follower at a time: a second one takes the place of the first. */
  follow(handler: Handler, signal: AbortSignal): void {
    this.#follower?.stop();
    const follower = new Follower(handler, this.#unsettled, this.#clock);
    this.#follower = follower;
    signal.addEventListener("abort", () => follower.stop(), { once: true });
    if (signal.aborted) follower.stop();
    else follower.tellOf(this.#unsettled.untold());
  }

  add(ended: ActionState): void {
    this.#follower?.add(ended);
  }

  afterCommit(): void {
    this.#follower?.wake();
  }

  close(): void {
    this.#follower?.stop();
  }
}

class Follower {
  readonly #handler: Handler;
  readonly #unsettled: Unsettled;
  readonly #clock: Clock;
  readonly #stopping = new AbortController();
  /** Those left over from before, by number; and those that ended since. */
  #earlier: readonly number[] = [];
  #waiting: ActionState[] = [];
  #isTelling = false;

  constructor(handler: Handler, unsettled: Unsettled, clock: Clock) {
    this.#handler = handler;
    this.#unsettled = unsettled;
    this.#clock = clock;
  }

  tellOf(seqs: readonly number[]): void {
    this.#earlier = seqs;
    this.wake();
  }

  add(ended: ActionState): void {
    if (!this.#stopping.signal.aborted) this.#waiting.push(ended);
  }

  wake(): void {
    if (this.#isTelling || this.#stopping.signal.aborted) return;
    const batch = this.#nextBatch();
    if (batch.length === 0) return;
    this.#isTelling = true;
    void this.#tell(batch).then((isTold) => {
      this.#isTelling = false;
      // One batch that cannot be handled does not hold up the others.
      if (!isTold) void this.#tellAgain(batch);
      this.wake();
    });
  }

  stop(): void {
    this.#stopping.abort();
    this.#waiting = [];
    this.#earlier = [];
  }

  #nextBatch(): readonly ActionState[] {
    if (this.#earlier.length === 0) return this.#waiting.splice(0, batchMax);
    const seqs = this.#earlier.slice(0, batchMax);
    this.#earlier = this.#earlier.slice(batchMax);
    return this.#unsettled.statesAt(seqs);
  }

  async #tell(batch: readonly ActionState[]): Promise<boolean> {
    try {
      await this.#handler(batch);
    } catch {
      return false;
    }
    // A mark that is lost means that they are told once more, which is allowed.
    this.#unsettled.settle(batch.map((state) => state.id)).catch(() => {});
    return true;
  }

  async #tellAgain(batch: readonly ActionState[]): Promise<void> {
    for (let retryMs = retryMsFirst; ; retryMs = Math.min(retryMs * 2, retryMsMax)) {
      await this.#clock.wait(retryMs, this.#stopping.signal);
      if (this.#stopping.signal.aborted || (await this.#tell(batch))) return;
    }
  }
}
