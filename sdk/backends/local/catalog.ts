/** What people look at, straight from the tables; the host and any other process read it alike. */
import { DroverError } from "../../core/errors.ts";
import type { ActionId, ActionStatus, RunRecord } from "../../core/records.ts";
import type { ActionRow, Catalog, RunSummary } from "../../ports.ts";
import { Database } from "./database.ts";
import { openForeignStateFile } from "./database-file.ts";
import { type ActionRowOfTables, actionColumns, specOfRow, stateOfRow } from "./store-action-rows.ts";
import { filedUpToSql } from "./store-index.ts";
import { type RunRow, unpackRun } from "./store-runs.ts";
import { kindCode } from "./store-spec-rows.ts";
import { statusCode } from "./store-state-rows.ts";
import { type TotalsRow, totalsSql } from "./store-totals.ts";

const errorCharactersMax = 500;

export class LocalCatalog implements Catalog {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async listRuns(limit: number): Promise<readonly RunRecord[]> {
    await this.#database.settled();
    const rows = this.#database.statement(runsSql).all(limit) as unknown as RunRow[];
    return rows.map(unpackRun);
  }

  async summarize(run: string): Promise<RunSummary> {
    const row = await this.#totalsOf(run);
    const { queued = 0, running = 0, suspended = 0, succeeded = 0, failed = 0, aborted = 0 } = row ?? {};
    return {
      actions: { queued, running, suspended, succeeded, failed, aborted },
      tracesExecuted: row?.executed ?? 0,
      tracesReplayed: row?.replayed ?? 0,
    };
  }

  async listActions(
    run: string,
    page: { readonly status?: ActionStatus; readonly after?: ActionId; readonly limit: number },
  ): Promise<readonly ActionRow[]> {
    const totals = await this.#totalsOf(run);
    if (totals === null) return [];
    const { seq, created_ms: createdMs } = page.after === undefined ? beforeAll : this.#placeOf(page.after);
    const status = page.status === undefined ? null : statusCode(page.status);
    const rows = this.#database
      .statement(actionsSql)
      .all(totals.number, createdMs, seq, status, status, page.limit) as unknown as ActionRowOfTables[];
    return rows.flatMap((row) => actionRow(row) ?? []);
  }

  /** The row as it was last committed. */
  async #totalsOf(run: string): Promise<TotalsRow | null> {
    await this.#database.settled();
    return (this.#database.statement(totalsSql).get(run) as TotalsRow | undefined) ?? null;
  }

  #placeOf(action: ActionId): Place {
    const filed = this.#database.statement(filedPlaceSql).get(action) as Place | undefined;
    const found = filed ?? (this.#database.statement(unfiledPlaceSql).get(action) as Place | undefined);
    if (found !== undefined) return found;
    throw new DroverError(
      `There is no action ${action} to list what comes after it. Start from the first page.`,
      {
        code: "UNKNOWN_ACTION",
        kind: "user",
        retryable: false,
      },
    );
  }
}

/** Where an action stands in the order of creation. */
interface Place {
  readonly created_ms: number;
  readonly seq: number;
}

const beforeAll: Place = { created_ms: Number.MIN_SAFE_INTEGER, seq: 0 };

const runsSql = "SELECT name, body, bytes FROM runs ORDER BY created_ms DESC, number DESC LIMIT ?";
const actionsSql = `SELECT ${actionColumns} FROM actions a LEFT JOIN states s ON s.seq = a.seq
  WHERE a.run = ? AND (a.created_ms, a.seq) > (?, ?) AND a.kind <> ${kindCode.timer}
    AND (? IS NULL OR coalesce(s.status, ${statusCode("queued")}) = ?)
  ORDER BY a.created_ms, a.seq LIMIT ?`;
const filedPlaceSql = `SELECT a.created_ms, a.seq
  FROM filed_ids f JOIN actions a ON a.seq = f.seq WHERE f.id = ?`;
const unfiledPlaceSql = `SELECT created_ms, seq FROM actions WHERE seq > (${filedUpToSql}) AND id = ?`;

function actionRow(row: ActionRowOfTables): ActionRow | null {
  const spec = specOfRow(row);
  const state = stateOfRow(row);
  const either = state ?? spec;
  if (either === null) return null;
  const error = state?.lastError ?? (state?.outcome?.kind === "error" ? state.outcome.error : null);
  return {
    id: row.id,
    parent: row.parent,
    name: either.name,
    group: spec?.group ?? null,
    status: state?.status ?? "queued",
    attempt: state?.attempt ?? 1,
    epoch: state?.epoch ?? 0,
    createdMs: either.createdMs,
    startedMs: state?.startedMs ?? null,
    endedMs: state?.endedMs ?? null,
    error: error === null ? null : `${error.name}: ${error.message}`.slice(0, errorCharactersMax),
  };
}

/** A catalog for a process that is not the host, with or without one running. */
export interface OpenCatalog extends Catalog {
  close(): void;
}

/**
 * Opens the state folder to look at it.
 *
 * @throws DroverError with code `NO_STATE` where there is none, `STATE_VERSION` where a newer Drover has written it.
 */
export function openCatalog(dir: string): OpenCatalog {
  const database = new Database(openForeignStateFile(dir, "read"));
  const catalog = new LocalCatalog(database);
  return {
    listRuns: (limit) => catalog.listRuns(limit),
    summarize: (run) => catalog.summarize(run),
    listActions: (run, page) => catalog.listActions(run, page),
    close: () => database.close(),
  };
}
