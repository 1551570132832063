/** Follows the mailbox of an action while it waits for children or timers. */
import type { MailboxView } from "../core/mailbox.ts";
import type { ActionId } from "../core/records.ts";
import type { World } from "../ports.ts";
import { persist } from "./persist.ts";

/** One long poll: entries that come meanwhile end it at once. */
const pollMs = 20_000;

export class MailboxReader {
  readonly #world: World;
  readonly #action: ActionId;
  readonly #mailbox: MailboxView;
  readonly #onEntries: () => void;
  readonly #onFailure: (error: unknown) => void;
  readonly #signal: AbortSignal;
  #isReading = false;

  constructor(
    world: World,
    mailbox: MailboxView,
    action: ActionId,
    events: { readonly arrived: () => void; readonly failed: (error: unknown) => void },
    signal: AbortSignal,
  ) {
    this.#world = world;
    this.#mailbox = mailbox;
    this.#action = action;
    this.#onEntries = events.arrived;
    this.#onFailure = events.failed;
    this.#signal = signal;
  }

  /** Reads on, in the background, for as long as `isWanted()` holds. Called again while reading, it does nothing. */
  follow(isWanted: () => boolean): void {
    if (this.#isReading) return;
    this.#isReading = true;
    this.#readWhile(isWanted).then(
      () => {
        this.#isReading = false;
      },
      (error: unknown) => this.#onFailure(error),
    );
  }

  async #readWhile(isWanted: () => boolean): Promise<void> {
    const { store } = this.#world;
    while (!this.#signal.aborted && isWanted()) {
      const after = this.#mailbox.end;
      const entries = await persist(this.#world, () =>
        store.readMailbox(this.#action, after, pollMs, this.#signal),
      );
      if (entries.length === 0) continue;
      this.#mailbox.add(after, entries);
      this.#onEntries();
    }
  }
}
