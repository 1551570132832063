/**
 * What is in the file `state.db`.
 *
 * | table | a row is | key |
 * |---|---|---|
 * | actions | a spec; actions are numbered as they come | seq |
 * | states | the state of an action | seq of the action |
 * | unsettled | an action that has not ended, or whose end nobody was told yet; a timer that has not fired | seq |
 * | filed_ids | where the action of an id is, for actions up to `marks.filed_up_to` (see store-index.ts) | id |
 * | journal | one batch | action, epoch, idx |
 * | mailbox | the entries of one append | action, first |
 * | runs | a run | name |
 * | run_totals | how many actions of a run have which status | number |
 * | requests | something another process asks the host to do | id |
 *
 * Columns are what is searched for; the rest of a record is `body`, JSON without field names, and `bytes`, everything
 * in it that is bytes (see store-bytes.ts). Bodies may be large, so those tables keep rows apart from their keys. Each statement costs, and so does each page that a commit touches: therefore
 * nothing that an action writes on its way lies in the order of its random id.
 */
import type { DatabaseSync } from "node:sqlite";
import { DroverError } from "../../core/errors.ts";

/** Raise it with every change of the tables. */
const schemaVersion = 1;

const tables = `
  CREATE TABLE actions (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    run INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    parent TEXT,
    kind INTEGER NOT NULL,
    body TEXT,
    bytes BLOB
  );
  CREATE INDEX actions_of_run ON actions (run, created_ms);
  CREATE INDEX children ON actions (parent) WHERE parent IS NOT NULL;
  CREATE TABLE states (
    seq INTEGER PRIMARY KEY,
    version INTEGER NOT NULL,
    status INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    executed INTEGER NOT NULL,
    replayed INTEGER NOT NULL,
    body TEXT NOT NULL,
    bytes BLOB
  );
  CREATE TABLE unsettled (seq INTEGER PRIMARY KEY);
  CREATE TABLE filed_ids (id TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE marks (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
  INSERT INTO marks VALUES ('filed_up_to', 0);
  CREATE TABLE journal (
    action TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    idx INTEGER NOT NULL,
    body TEXT NOT NULL,
    bytes BLOB,
    PRIMARY KEY (action, epoch, idx)
  );
  CREATE TABLE mailbox (
    action TEXT NOT NULL,
    first INTEGER NOT NULL,
    count INTEGER NOT NULL,
    body TEXT NOT NULL,
    bytes BLOB,
    PRIMARY KEY (action, first)
  );
  CREATE TABLE runs (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    created_ms INTEGER NOT NULL,
    body TEXT NOT NULL,
    bytes BLOB
  );
  CREATE INDEX runs_by_age ON runs (created_ms);
  CREATE TABLE run_totals (
    number INTEGER PRIMARY KEY,
    run TEXT NOT NULL UNIQUE,
    queued INTEGER NOT NULL,
    running INTEGER NOT NULL,
    suspended INTEGER NOT NULL,
    succeeded INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    aborted INTEGER NOT NULL,
    executed INTEGER NOT NULL,
    replayed INTEGER NOT NULL
  );
  CREATE TABLE requests (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run TEXT NOT NULL,
    kind TEXT NOT NULL,
    reason TEXT NOT NULL,
    created_ms INTEGER NOT NULL
  );
`;

/** Creates the tables where there are none. Refuses a file that a newer Drover has written. */
export function prepareSchema(file: DatabaseSync, path: string): void {
  if (versionOf(file) === 0) createTables(file);
  checkVersion(file, path);
}

/** @throws DroverError with code `STATE_VERSION` when this version of Drover cannot read the file. */
export function checkVersion(file: DatabaseSync, path: string): void {
  const version = versionOf(file);
  if (version === schemaVersion) return;
  const whose = version > schemaVersion ? "a newer version of Drover" : "something else than Drover";
  throw new DroverError(
    `${path} has format ${version} and was written by ${whose}; this version reads format ${schemaVersion}. ` +
      "Use the version of Drover that wrote it, or another state folder.",
    { code: "STATE_VERSION", kind: "user", retryable: false },
  );
}

/** False while a first host is about to make the tables, or has died before it came to it. */
export function hasTables(file: DatabaseSync): boolean {
  return versionOf(file) !== 0;
}

function versionOf(file: DatabaseSync): number {
  const row = file.prepare("PRAGMA user_version").get() as { user_version: number };
  return row.user_version;
}

function createTables(file: DatabaseSync): void {
  file.exec("BEGIN IMMEDIATE");
  try {
    // Another process may have been faster between the look and the lock.
    if (versionOf(file) === 0) file.exec(`${tables} PRAGMA user_version = ${schemaVersion};`);
    file.exec("COMMIT");
  } catch (error) {
    file.exec("ROLLBACK");
    throw error;
  }
}
