/**
 * Group commit: all writes of one turn of the event loop are one transaction.
 *
 * D1. A write runs at once and is acknowledged after the commit of its turn; if that fails, so do all writes of the turn.
 * D2. A read that happens while a transaction is open may have seen what is not durable yet; it is answered after the
 *     commit as well.
 * D3. A write that throws leaves nothing behind and disturbs no other write of its turn.
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { ClosedError, StorageError } from "../../core/errors.ts";

/** What takes part in every commit. */
export interface CommitListener {
  /** Adds its own writes to the transaction that is about to be committed. */
  beforeCommit?(): void;
  /** Everything that was written since the last call is durable. */
  afterCommit?(): void;
  /** What was written since the last commit is gone: forget whatever was derived from it. */
  afterRollback?(): void;
}

interface Waiting {
  readonly settle: () => void;
  readonly fail: (error: unknown) => void;
}

export class Database {
  readonly #file: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #listeners: CommitListener[] = [];
  #waiting: Waiting[] = [];
  #isTurnOpen = false;
  #isClosed = false;
  #commits = 0;

  constructor(file: DatabaseSync) {
    this.#file = file;
  }

  /** How many transactions were committed. */
  get commits(): number {
    return this.#commits;
  }

  listen(listener: CommitListener): void {
    this.#listeners.push(listener);
  }

  /** The prepared statement of this text. Texts are constants of the program, so that there are few. */
  statement(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const prepared = this.#file.prepare(sql);
    this.#statements.set(sql, prepared);
    return prepared;
  }

  /**
   * Runs a function of at most one writing statement now and resolves with its result once that is durable. `committed` is
   * called between the two, before anyone learns of it.
   */
  write<T>(run: () => T, committed?: (value: T) => void): Promise<T> {
    try {
      this.#begin();
      return this.#afterCommit(run(), committed);
    } catch (error) {
      return Promise.reject(this.#failure(error));
    }
  }

  /** As `write`, for a function of several statements: all of them or none. */
  writeSteps<T>(run: () => T, committed?: (value: T) => void): Promise<T> {
    return this.write(() => this.#allOrNothing(run), committed);
  }

  /** Runs a function that only reads, and resolves with its result once all that it can have seen is durable. */
  read<T>(run: () => T): Promise<T> {
    try {
      if (this.#isClosed) throw new ClosedError("The local backend");
      const value = run();
      return this.#isTurnOpen ? this.#afterCommit(value) : Promise.resolve(value);
    } catch (error) {
      return Promise.reject(this.#failure(error));
    }
  }

  /** Resolves when everything written so far is durable. */
  settled(): Promise<void> {
    return this.read(() => undefined);
  }

  /** Commits what is open and closes the file. Later calls reject. */
  close(): void {
    if (this.#isClosed) return;
    if (this.#isTurnOpen) this.#commit();
    this.#isClosed = true;
    this.#file.close();
  }

  #begin(): void {
    if (this.#isClosed) throw new ClosedError("The local backend");
    if (this.#isTurnOpen) return;
    this.statement("BEGIN IMMEDIATE").run();
    this.#isTurnOpen = true;
    setImmediate(() => this.#commit());
  }

  #afterCommit<T>(value: T, committed?: (value: T) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = () => {
        committed?.(value);
        resolve(value);
      };
      this.#waiting.push({ settle, fail: reject });
    });
  }

  #allOrNothing<T>(run: () => T): T {
    this.statement("SAVEPOINT steps").run();
    try {
      const value = run();
      this.statement("RELEASE steps").run();
      return value;
    } catch (error) {
      if (this.#file.isTransaction) {
        this.statement("ROLLBACK TO steps").run();
        this.statement("RELEASE steps").run();
      }
      throw error;
    }
  }

  #commit(): void {
    if (!this.#isTurnOpen) return;
    try {
      for (const listener of this.#listeners) listener.beforeCommit?.();
      this.statement("COMMIT").run();
    } catch (error) {
      this.#abandonTurn(storageError(error));
      return;
    }
    this.#commits += 1;
    for (const one of this.#endTurn()) one.settle();
    for (const listener of this.#listeners) listener.afterCommit?.();
  }

  #failure(error: unknown): unknown {
    const failure = storageError(error);
    // A full disk, among others, makes SQLite roll back all of the transaction by itself.
    if (this.#isTurnOpen && !this.#file.isTransaction) this.#abandonTurn(failure);
    return failure;
  }

  #abandonTurn(failure: unknown): void {
    if (this.#file.isTransaction) this.statement("ROLLBACK").run();
    const waiting = this.#endTurn();
    for (const listener of this.#listeners) listener.afterRollback?.();
    for (const one of waiting) one.fail(failure);
  }

  #endTurn(): readonly Waiting[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#isTurnOpen = false;
    return waiting;
  }
}

function storageError(error: unknown): unknown {
  const isOfSqlite = error instanceof Error && "code" in error && error.code === "ERR_SQLITE_ERROR";
  return isOfSqlite ? new StorageError({ operation: "use the state file", cause: error }) : error;
}
