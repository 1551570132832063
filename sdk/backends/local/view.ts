/** A state folder as another process than its host sees it: read only, beside a running host or without one. */
import type { ActionId, ActionState, Payload, RunRecord } from "../../core/records.ts";
import { LocalBlobs } from "./blobs.ts";
import { type OpenCatalog, openCatalog } from "./catalog.ts";
import { openForeignStateFile } from "./database-file.ts";
import { realEntropy } from "./entropy.ts";
import { type ActionRowOfTables, actionColumns, stateOfRow } from "./store-action-rows.ts";
import { type RunRow, unpackRun } from "./store-runs.ts";

export interface StateView {
  readonly catalog: OpenCatalog;
  readRun(name: string): RunRecord | null;
  readState(action: ActionId): ActionState | null;
  /** The encoded value, or null where its blob is gone. */
  readPayload(payload: Payload): Promise<Uint8Array | null>;
  close(): void;
}

/** @throws DroverError with code `NO_STATE` where there is none, `STATE_VERSION` where a newer Drover has written it. */
export function openStateView(dir: string): StateView {
  const catalog = openCatalog(dir);
  const file = openForeignStateFile(dir, "read");
  const blobs = new LocalBlobs(dir, "process", realEntropy);
  const runStatement = file.prepare("SELECT * FROM runs WHERE name = ?");
  const stateStatement = file.prepare(stateSql);
  return {
    catalog,
    readRun: (name) => {
      const row = runStatement.get(name) as RunRow | undefined;
      return row === undefined ? null : unpackRun(row);
    },
    readState: (action) => {
      const run = action.slice(0, action.indexOf("/"));
      const row = stateStatement.get(run, action) as ActionRowOfTables | undefined;
      return row === undefined ? null : stateOfRow(row);
    },
    readPayload: async (payload) =>
      payload.kind === "inline" ? payload.bytes : await blobs.get(payload.key),
    close: () => {
      catalog.close();
      file.close();
    },
  };
}

/** Ids are not searched by themselves: the actions of the run are read in order, and a root action comes first. */
const stateSql = `SELECT ${actionColumns} FROM actions a LEFT JOIN states s USING (seq)
  WHERE a.run = (SELECT number FROM run_totals WHERE run = ?) AND a.id = ? LIMIT 1`;
