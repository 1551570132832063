/** What people look at, from the table itself: it may be a second old. */
import { DroverError } from "../../core/errors.ts";
import type { ActionId, ActionStatus, RunRecord } from "../../core/records.ts";
import type { ActionRow, Catalog, Clock, RunSummary } from "../../ports.ts";
import type { Bodies } from "./bodies.ts";
import { RunScans, type ScannedAction } from "./run-scan.ts";
import { Runs } from "./store-runs.ts";
import type { Table } from "./table.ts";

export class AwsCatalog implements Catalog {
  readonly #runs: Runs;
  readonly #scans: RunScans;

  constructor(table: Table, bodies: Bodies, clock: Clock) {
    this.#runs = new Runs(table, bodies);
    this.#scans = new RunScans(table, clock);
  }

  async listRuns(limit: number): Promise<readonly RunRecord[]> {
    return await this.#runs.newest(limit);
  }

  async summarize(run: string): Promise<RunSummary> {
    const actions: Record<ActionStatus, number> = {
      queued: 0,
      running: 0,
      suspended: 0,
      succeeded: 0,
      failed: 0,
      aborted: 0,
    };
    let tracesExecuted = 0;
    let tracesReplayed = 0;
    for (const action of await this.#scans.scan(run)) {
      actions[action.status] += 1;
      tracesExecuted += action.tracesExecuted;
      tracesReplayed += action.tracesReplayed;
    }
    return { actions, tracesExecuted, tracesReplayed };
  }

  /** @throws DroverError with code `UNKNOWN_ACTION` where the run has no action `after`. */
  async listActions(
    run: string,
    page: { readonly status?: ActionStatus; readonly after?: ActionId; readonly limit: number },
  ): Promise<readonly ActionRow[]> {
    const { status, after, limit } = page;
    const actions = await this.#scans.scan(run);
    return actions
      .slice(after === undefined ? 0 : placeAfter(actions, after))
      .filter((action) => status === undefined || action.status === status)
      .slice(0, limit)
      .map(rowOf);
  }
}

function placeAfter(actions: readonly ScannedAction[], after: ActionId): number {
  const place = actions.findIndex((action) => action.id === after);
  if (place >= 0) return place + 1;
  throw new DroverError(
    `There is no action ${after} to list what comes after it. Start from the first page.`,
    { code: "UNKNOWN_ACTION", kind: "user", retryable: false },
  );
}

function rowOf({ tracesExecuted: _executed, tracesReplayed: _replayed, ...row }: ScannedAction): ActionRow {
  return row;
}
