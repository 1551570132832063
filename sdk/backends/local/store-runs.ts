/** The table `runs`. */
import type { RunRecord } from "../../core/records.ts";
import type { Database } from "./database.ts";
import { kindCode, packSpec, unpackSpec } from "./store-spec-rows.ts";

export class Runs {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  create(run: RunRecord): { readonly created: boolean; readonly run: RunRecord } {
    const { body, bytes } = packRun(run);
    const { changes } = this.#database.statement(insertSql).run(run.name, run.createdMs, body, bytes);
    return { created: changes === 1, run: this.find(run.name) ?? run };
  }

  find(name: string): RunRecord | null {
    const row = this.#database.statement(findSql).get(name) as RunRow | undefined;
    return row === undefined ? null : unpackRun(row);
  }
}

export interface RunRow {
  readonly name: string;
  readonly body: string;
  readonly bytes: Uint8Array | null;
}

const insertSql = "INSERT OR IGNORE INTO runs (name, created_ms, body, bytes) VALUES (?, ?, ?, ?)";
const findSql = "SELECT name, body, bytes FROM runs WHERE name = ?";

type RunBody = readonly [
  task: string,
  environment: string,
  code: string,
  createdMs: number,
  root: readonly [kind: number, id: string, parent: string | null, body: string],
];

function packRun(run: RunRecord): { readonly body: string; readonly bytes: Uint8Array | null } {
  const { kind, id, parent } = run.root;
  const { body: root, bytes } = packSpec(run.root);
  const body: RunBody = [
    run.task,
    run.environment,
    run.code,
    run.createdMs,
    [kindCode[kind], id, parent, root],
  ];
  return { body: JSON.stringify(body), bytes };
}

export function unpackRun(row: RunRow): RunRecord {
  const [task, environment, code, createdMs, [kind, id, parent, body]] = JSON.parse(row.body) as RunBody;
  const root = unpackSpec({ kind, id, parent, body, bytes: row.bytes });
  return { name: row.name, task, environment, root, code, createdMs };
}
