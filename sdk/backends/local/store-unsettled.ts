/** The table `unsettled`: what a host that starts has to take up again. */
import type { ActionId, ActionSpec, ActionState } from "../../core/records.ts";
import type { Database } from "./database.ts";
import { type ActionRowOfTables, actionColumns, specOfRow, stateOfRow } from "./store-action-rows.ts";
import type { ActionIndex } from "./store-index.ts";
import { firstEndedCode } from "./store-state-rows.ts";

export interface UnfinishedAction {
  readonly spec: ActionSpec;
  readonly state: ActionState | null;
}

export class Unsettled {
  readonly #database: Database;
  readonly #index: ActionIndex;

  constructor(database: Database, index: ActionIndex) {
    this.#database = database;
    this.#index = index;
  }

  /** All actions that have a spec and have not ended, and all timers that have not fired, in order of creation. */
  *unfinished(): Generator<UnfinishedAction> {
    for (const row of this.#database
      .statement(unfinishedSql)
      .iterate() as unknown as Iterable<ActionRowOfTables>) {
      const spec = specOfRow(row);
      if (spec !== null) yield { spec, state: stateOfRow(row) };
    }
  }

  /** Numbers of the actions that have ended and of which nobody was told. */
  untold(): readonly number[] {
    const rows = this.#database.statement(untoldSql).all() as unknown as { readonly seq: number }[];
    return rows.map((row) => row.seq);
  }

  statesAt(seqs: readonly number[]): ActionState[] {
    const rows = this.#database
      .statement(statesAtSql)
      .all(JSON.stringify(seqs)) as unknown as ActionRowOfTables[];
    return rows.flatMap((row) => stateOfRow(row) ?? []);
  }

  /** Of these nothing is left to do. */
  settle(actions: readonly ActionId[]): Promise<void> {
    const remove = () => {
      const seqs = actions.flatMap((id) => this.#index.find(id)?.seq ?? []);
      this.#database.statement(settleSql).run(JSON.stringify(seqs));
    };
    return this.#database.write(remove, () => {
      for (const id of actions) this.#index.settle(id);
    });
  }
}

const unfinishedSql = `SELECT ${actionColumns}
  FROM unsettled u JOIN actions a ON a.seq = u.seq LEFT JOIN states s ON s.seq = u.seq
  WHERE s.status IS NULL OR s.status < ${firstEndedCode} ORDER BY u.seq`;
const untoldSql = `SELECT u.seq FROM unsettled u JOIN states s ON s.seq = u.seq
  WHERE s.status >= ${firstEndedCode} ORDER BY u.seq`;
const statesAtSql = `SELECT ${actionColumns}
  FROM json_each(?) j JOIN actions a ON a.seq = j.value JOIN states s ON s.seq = j.value`;
const settleSql = "DELETE FROM unsettled WHERE seq IN (SELECT value FROM json_each(?))";
