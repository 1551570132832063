/** The records of a stack, in its DynamoDB table: key-layout.ts draws it. */
import type {
  ActionId,
  ActionSpec,
  ActionState,
  JournalBatch,
  MailboxEntry,
  RunRecord,
} from "../../core/records.ts";
import type { ChildRecord, Clock, Store, WriteStateResult } from "../../ports.ts";
import type { Bodies } from "./bodies.ts";
import { awsLimits, checkCount } from "./limits.ts";
import { Journal } from "./store-journal.ts";
import { Mailbox } from "./store-mailbox.ts";
import { Runs } from "./store-runs.ts";
import { Specs } from "./store-specs.ts";
import { States } from "./store-states.ts";
import type { Table } from "./table.ts";

export class AwsStore implements Store {
  readonly limits = awsLimits;
  readonly #runs: Runs;
  readonly #specs: Specs;
  readonly #states: States;
  readonly #journal: Journal;
  readonly #mailbox: Mailbox;

  constructor(table: Table, bodies: Bodies, clock: Clock) {
    this.#runs = new Runs(table, bodies);
    this.#specs = new Specs(table, bodies);
    this.#states = new States(table, bodies);
    this.#journal = new Journal(table, bodies);
    this.#mailbox = new Mailbox(table, bodies, clock);
  }

  createRun(run: RunRecord): Promise<{ readonly created: boolean; readonly run: RunRecord }> {
    return this.#runs.create(run);
  }

  readRun(name: string): Promise<RunRecord | null> {
    return this.#runs.find(name);
  }

  async putSpecs(specs: readonly ActionSpec[]): Promise<void> {
    checkCount("specs", specs.length, awsLimits.specsMax);
    await this.#specs.put(specs);
  }

  readSpec(action: ActionId): Promise<ActionSpec | null> {
    return this.#specs.find(action);
  }

  listChildren(parent: ActionId): Promise<readonly ChildRecord[]> {
    return this.#specs.childrenOf(parent);
  }

  readStates(actions: readonly ActionId[]): Promise<readonly (ActionState | null)[]> {
    return this.#states.read(actions);
  }

  writeState(next: ActionState, expected: number | null): Promise<WriteStateResult> {
    return this.#states.write(next, expected);
  }

  async appendJournal(batch: JournalBatch): Promise<boolean> {
    checkCount("records", batch.records.length, awsLimits.journalBatchRecordsMax);
    return await this.#journal.append(batch);
  }

  readJournal(action: ActionId): Promise<readonly JournalBatch[]> {
    return this.#journal.read(action);
  }

  async appendMailbox(action: ActionId, first: number, entries: readonly MailboxEntry[]): Promise<boolean> {
    checkCount("mailbox entries", entries.length, awsLimits.mailboxEntriesMax);
    return await this.#mailbox.append(action, first, entries);
  }

  mailboxEnd(action: ActionId): Promise<number> {
    return this.#mailbox.end(action);
  }

  readMailbox(
    action: ActionId,
    after: number,
    waitMs: number,
    signal?: AbortSignal,
  ): Promise<readonly MailboxEntry[]> {
    return this.#mailbox.read(action, after, waitMs, signal);
  }
}
