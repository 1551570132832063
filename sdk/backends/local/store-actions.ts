/** The tables `actions`, `states` and `unsettled`, and what is kept in memory about them. All of it within a write or read. */
import type { ActionId, ActionSpec, ActionState } from "../../core/records.ts";
import type { ChildRecord, WriteStateResult } from "../../ports.ts";
import type { Database } from "./database.ts";
import { type ActionIndex, type IndexedAction, newAction } from "./store-index.ts";
import { kindCode, packSpec, type SpecRow, unpackSpec } from "./store-spec-rows.ts";
import { packState, type StateRow, statusCode, statusOf, unpackState } from "./store-state-rows.ts";
import type { AllTotals } from "./store-totals.ts";

export class Actions {
  readonly #database: Database;
  readonly #index: ActionIndex;
  readonly #totals: AllTotals;

  constructor(database: Database, index: ActionIndex, totals: AllTotals) {
    this.#database = database;
    this.#index = index;
    this.#totals = totals;
  }

  /** True if a spec or a state of the action is there. */
  has(id: ActionId): boolean {
    return this.#index.find(id) !== null;
  }

  putSpecs(specs: readonly ActionSpec[]): void {
    const fresh = new Map<ActionId, IndexedAction>();
    for (const spec of specs) {
      const known = fresh.get(spec.id) ?? this.#index.find(spec.id);
      if (known === null) fresh.set(spec.id, this.#insertSpec(spec));
      else this.#overwriteSpec(known, spec);
    }
    const [first] = fresh.values();
    if (first !== undefined) this.#database.statement(insertUnsettledFromSql).run(first.seq);
    // Memory changes last, when nothing can fail any more.
    for (const [id, action] of fresh) {
      this.#index.add(id, action);
      if (action.kind === kindCode.task) this.#totals.change(action.totals, { ...noChange, to: "queued" });
    }
  }

  specOf(id: ActionId): ActionSpec | null {
    const action = this.#index.find(id);
    if (action === null || action.kind === kindCode.unasked) return null;
    return unpackSpec(this.#database.statement(specSql).get(action.seq) as unknown as SpecRow);
  }

  childrenOf(parent: ActionId): ChildRecord[] {
    const rows = this.#database.statement(childrenSql).all(parent) as unknown as ChildRow[];
    return rows.map((row) => ({
      spec: unpackSpec(row),
      status: row.status === null ? null : statusOf(row.status),
    }));
  }

  stateOf(id: ActionId): ActionState | null {
    const action = this.#index.find(id);
    if (action === null || action.version === null) return null;
    const row = this.#database.statement(stateSql).get(action.seq) as unknown as StateRow;
    return unpackState(id, row);
  }

  compareAndSet(next: ActionState, expected: number | null): WriteStateResult {
    const action = this.#index.find(next.id);
    if ((action?.version ?? null) !== expected) return { ok: false, current: this.stateOf(next.id) };
    this.#storeState(action ?? this.#insertUnasked(next), next);
    return { ok: true };
  }

  #storeState(action: IndexedAction, next: ActionState): void {
    const { version, epoch, tracesExecuted, tracesReplayed } = next;
    const { body, bytes } = packState(next);
    const values = [
      version,
      statusCode(next.status),
      epoch,
      tracesExecuted,
      tracesReplayed,
      body,
      bytes,
      action.seq,
    ];
    this.#database.statement(action.version === null ? insertStateSql : updateStateSql).run(...values);
    this.#totals.change(action.totals, {
      from: action.status ?? (action.kind === kindCode.unasked ? null : "queued"),
      to: next.status,
      executed: tracesExecuted - action.executed,
      replayed: tracesReplayed - action.replayed,
    });
    action.version = version;
    action.status = next.status;
    action.epoch = epoch;
    action.executed = tracesExecuted;
    action.replayed = tracesReplayed;
  }

  #insertSpec(spec: ActionSpec): IndexedAction {
    const action = newAction(this.#index.takeSeq(), this.#totals.of(spec.run), spec.kind);
    const { body, bytes } = packSpec(spec);
    const values = [
      action.seq,
      spec.id,
      action.totals.number,
      spec.createdMs,
      spec.parent,
      action.kind,
      body,
      bytes,
    ];
    this.#database.statement(insertSpecSql).run(...values);
    return action;
  }

  #overwriteSpec(action: IndexedAction, spec: ActionSpec): void {
    if (action.kind === kindCode.timer) return;
    const { body, bytes } = packSpec(spec);
    const kind = kindCode[spec.kind];
    this.#database.statement(updateSpecSql).run(spec.createdMs, spec.parent, kind, body, bytes, action.seq);
    action.kind = kind;
  }

  #insertUnasked(state: ActionState): IndexedAction {
    const action = newAction(this.#index.takeSeq(), this.#totals.of(state.run), "unasked");
    const values = [
      action.seq,
      state.id,
      action.totals.number,
      state.createdMs,
      null,
      action.kind,
      null,
      null,
    ];
    this.#database.statement(insertSpecSql).run(...values);
    this.#database.statement(insertUnsettledFromSql).run(action.seq);
    this.#index.add(state.id, action);
    return action;
  }
}

const noChange = { from: null, to: null, executed: 0, replayed: 0 } as const;

interface ChildRow extends SpecRow {
  readonly status: number | null;
}

const insertSpecSql = `INSERT INTO actions (seq, id, run, created_ms, parent, kind, body, bytes)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;
const updateSpecSql =
  "UPDATE actions SET created_ms = ?, parent = ?, kind = ?, body = ?, bytes = ? WHERE seq = ?";
const insertUnsettledFromSql = "INSERT INTO unsettled SELECT seq FROM actions WHERE seq >= ?";
const specSql = "SELECT id, parent, kind, body, bytes FROM actions WHERE seq = ?";
const childrenSql = `SELECT a.id, a.parent, a.kind, a.body, a.bytes, s.status
  FROM actions a LEFT JOIN states s ON s.seq = a.seq
  WHERE a.parent = ? AND a.kind <> ${kindCode.unasked}`;
const stateSql = "SELECT version, status, epoch, executed, replayed, body, bytes FROM states WHERE seq = ?";
const insertStateSql = `INSERT INTO states (version, status, epoch, executed, replayed, body, bytes, seq)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;
const updateStateSql = `UPDATE states
  SET version = ?, status = ?, epoch = ?, executed = ?, replayed = ?, body = ?, bytes = ? WHERE seq = ?`;
