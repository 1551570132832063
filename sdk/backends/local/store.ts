/** The records of the host, in its SQLite file: schema.ts has the tables, database.ts says what is atomic. */
import {
  type ActionId,
  type ActionSpec,
  type ActionState,
  isEnded,
  type RunRecord,
} from "../../core/records.ts";
import type { ChildRecord, Store, WriteStateResult } from "../../ports.ts";
import type { Database } from "./database.ts";
import type { Journal } from "./journal.ts";
import type { Mailbox } from "./mailbox.ts";
import type { Actions } from "./store-actions.ts";
import { checkCount, localLimits } from "./store-limits.ts";
import type { Runs } from "./store-runs.ts";

export interface LocalStoreParts {
  readonly database: Database;
  readonly runs: Runs;
  readonly actions: Actions;
  readonly journal: Journal;
  readonly mailbox: Mailbox;
  /** Told of every state that has ended, once it is durable. */
  readonly onEnded: (state: ActionState) => void;
}

export class LocalStore implements Store {
  readonly limits = localLimits;
  readonly #parts: LocalStoreParts;

  // These are wholly the business of one part.
  readonly appendJournal: Store["appendJournal"];
  readonly readJournal: Store["readJournal"];
  readonly appendMailbox: Store["appendMailbox"];
  readonly mailboxEnd: Store["mailboxEnd"];
  readonly readMailbox: Store["readMailbox"];

  constructor(parts: LocalStoreParts) {
    this.#parts = parts;
    const { journal, mailbox } = parts;
    this.appendJournal = (batch) => journal.append(batch);
    this.readJournal = (action) => journal.read(action);
    this.appendMailbox = (action, first, entries) => mailbox.append(action, first, entries);
    this.mailboxEnd = (action) => mailbox.end(action);
    this.readMailbox = (action, after, waitMs, signal) => mailbox.read(action, after, waitMs, signal);
  }

  createRun(run: RunRecord): Promise<{ readonly created: boolean; readonly run: RunRecord }> {
    const { database, runs } = this.#parts;
    return database.write(() => runs.create(run));
  }

  readRun(name: string): Promise<RunRecord | null> {
    const { database, runs } = this.#parts;
    return database.read(() => runs.find(name));
  }

  putSpecs(specs: readonly ActionSpec[]): Promise<void> {
    const { database, actions } = this.#parts;
    return database.writeSteps(() => {
      checkCount("specs", specs.length, this.limits.specsMax);
      actions.putSpecs(specs);
    });
  }

  readSpec(action: ActionId): Promise<ActionSpec | null> {
    const { database, actions } = this.#parts;
    return database.read(() => actions.specOf(action));
  }

  listChildren(parent: ActionId): Promise<readonly ChildRecord[]> {
    const { database, actions } = this.#parts;
    return database.read(() => actions.childrenOf(parent));
  }

  readStates(ids: readonly ActionId[]): Promise<readonly (ActionState | null)[]> {
    const { database, actions } = this.#parts;
    return database.read(() => ids.map((id) => actions.stateOf(id)));
  }

  writeState(next: ActionState, expected: number | null): Promise<WriteStateResult> {
    const { database, actions, onEnded } = this.#parts;
    const write = () => actions.compareAndSet(next, expected);
    const committed = (result: WriteStateResult) => {
      if (result.ok && isEnded(next.status)) onEnded(next);
    };
    // Only a state that comes before its spec takes more than one statement.
    return actions.has(next.id) ? database.write(write, committed) : database.writeSteps(write, committed);
  }
}
