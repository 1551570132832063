import {
  type ActionId,
  type ActionSpec,
  type ActionState,
  isEnded,
  type JournalBatch,
  type MailboxEntry,
  type RunRecord,
} from "../../core/records.ts";
import type { ChildRecord, Clock, Store, StoreLimits, WriteStateResult } from "../../ports.ts";
import { Bell } from "./bell.ts";
import { copyOf } from "./copy.ts";
import { checkBatch, checkEntries, checkOutcome, checkSpecs } from "./limits.ts";
import type { Tables } from "./tables.ts";

interface MemoryStoreOptions {
  readonly tables: Tables;
  readonly limits: StoreLimits;
  readonly clock: Clock;
  /** Told of every state that is written as ended, before the write resolves. */
  readonly onEnded: (state: ActionState) => void;
}

/**
 * The Store port over maps. Every method does its work in one turn, which makes it atomic. It allows whatever the port
 * allows: `appendJournal` never refuses, so nothing may rely on a store that fences.
 */
export class MemoryStore implements Store {
  readonly limits: StoreLimits;
  readonly #tables: Tables;
  readonly #clock: Clock;
  readonly #onEnded: (state: ActionState) => void;
  /** One bell for each mailbox that somebody has waited at. */
  readonly #bells = new Map<ActionId, Bell>();

  constructor(options: MemoryStoreOptions) {
    this.limits = options.limits;
    this.#tables = options.tables;
    this.#clock = options.clock;
    this.#onEnded = options.onEnded;
  }

  async createRun(run: RunRecord): Promise<{ readonly created: boolean; readonly run: RunRecord }> {
    checkSpecs(this.limits, [run.root]);
    const known = this.#tables.runs.get(run.name);
    if (known !== undefined) return { created: false, run: copyOf(known) };
    this.#tables.runs.set(run.name, copyOf(run));
    return { created: true, run: copyOf(run) };
  }

  async readRun(name: string): Promise<RunRecord | null> {
    return copyOf(this.#tables.runs.get(name) ?? null);
  }

  async putSpecs(specs: readonly ActionSpec[]): Promise<void> {
    checkSpecs(this.limits, specs);
    for (const spec of specs) {
      if (spec.kind === "timer" && this.#tables.specs.has(spec.id)) continue;
      this.#tables.putSpec(copyOf(spec));
    }
  }

  async readSpec(action: ActionId): Promise<ActionSpec | null> {
    return copyOf(this.#tables.specs.get(action) ?? null);
  }

  async listChildren(parent: ActionId): Promise<readonly ChildRecord[]> {
    const children = this.#tables.specsOf(this.#tables.childrenOf.of(parent));
    return Array.from(children, ([spec, state]) => ({ spec: copyOf(spec), status: state?.status ?? null }));
  }

  async readStates(actions: readonly ActionId[]): Promise<readonly (ActionState | null)[]> {
    return actions.map((action) => copyOf(this.#tables.states.get(action) ?? null));
  }

  async writeState(next: ActionState, expected: number | null): Promise<WriteStateResult> {
    if (next.version !== (expected ?? 0) + 1) {
      throw new Error(
        `Broken invariant: version ${next.version} of ${next.id} was written over version ${expected ?? 0}.`,
      );
    }
    checkOutcome(this.limits, next.outcome, next.id);
    const current = this.#tables.states.get(next.id) ?? null;
    if ((current?.version ?? null) !== expected) return { ok: false, current: copyOf(current) };
    this.#tables.states.set(next.id, copyOf(next));
    if (isEnded(next.status)) this.#onEnded(copyOf(next));
    return { ok: true };
  }

  async appendJournal(batch: JournalBatch): Promise<boolean> {
    checkBatch(this.limits, batch);
    const journal = this.#tables.journals.get(batch.action) ?? new Map<string, JournalBatch>();
    this.#tables.journals.set(batch.action, journal);
    const place = `${batch.epoch}/${batch.index}`;
    if (!journal.has(place)) journal.set(place, copyOf(batch));
    return true;
  }

  async readJournal(action: ActionId): Promise<readonly JournalBatch[]> {
    return Array.from(this.#tables.journals.get(action)?.values() ?? [], copyOf);
  }

  async appendMailbox(action: ActionId, first: number, entries: readonly MailboxEntry[]): Promise<boolean> {
    checkEntries(this.limits, entries);
    const mailbox = this.#tables.mailboxes.get(action) ?? [];
    if (mailbox.length !== first) return false;
    mailbox.push(...copyOf(entries));
    this.#tables.mailboxes.set(action, mailbox);
    this.#bells.get(action)?.ring();
    return true;
  }

  async mailboxEnd(action: ActionId): Promise<number> {
    return this.#tables.mailboxes.get(action)?.length ?? 0;
  }

  async readMailbox(
    action: ActionId,
    after: number,
    waitMs: number,
    signal?: AbortSignal,
  ): Promise<readonly MailboxEntry[]> {
    const deadlineMs = this.#clock.nowMs() + waitMs;
    for (;;) {
      const entries = this.#tables.mailboxes.get(action)?.slice(after) ?? [];
      const leftMs = deadlineMs - this.#clock.nowMs();
      if (entries.length > 0 || leftMs <= 0 || signal?.aborted) return copyOf(entries);
      await this.#bellOf(action).wait(leftMs, signal);
    }
  }

  #bellOf(action: ActionId): Bell {
    const bell = this.#bells.get(action) ?? new Bell(this.#clock);
    this.#bells.set(action, bell);
    return bell;
  }
}
