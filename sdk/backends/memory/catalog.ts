import type {
  ActionId,
  ActionSpec,
  ActionState,
  ActionStatus,
  Outcome,
  RunRecord,
} from "../../core/records.ts";
import type { ActionRow, Catalog, RunSummary } from "../../ports.ts";
import { copyOf } from "./copy.ts";
import type { Tables } from "./tables.ts";

const errorLengthMax = 500;

/** The Catalog port over the store's own tables: always up to date, and slow on runs of very many actions. */
export class MemoryCatalog implements Catalog {
  readonly #tables: Tables;

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  async listRuns(limit: number): Promise<readonly RunRecord[]> {
    const newestFirst = [...this.#tables.runs.values()].reverse().sort((a, b) => b.createdMs - a.createdMs);
    return copyOf(newestFirst.slice(0, limit));
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
    for (const [, state] of this.#actionsOf(run)) {
      actions[state?.status ?? "queued"] += 1;
      tracesExecuted += state?.tracesExecuted ?? 0;
      tracesReplayed += state?.tracesReplayed ?? 0;
    }
    return { actions, tracesExecuted, tracesReplayed };
  }

  async listActions(
    run: string,
    page: { readonly status?: ActionStatus; readonly after?: ActionId; readonly limit: number },
  ): Promise<readonly ActionRow[]> {
    const { status, after, limit } = page;
    const actions = this.#actionsOf(run).sort(
      ([a], [b]) => a.createdMs - b.createdMs || (a.id < b.id ? -1 : 1),
    );
    // An id that is not in the run has nothing after it.
    const start =
      after === undefined
        ? 0
        : actions.findIndex(([spec]) => spec.id === after) + 1 || Number.POSITIVE_INFINITY;
    return actions
      .slice(start)
      .map(([spec, state]) => rowOf(spec, state))
      .filter((row) => status === undefined || row.status === status)
      .slice(0, limit);
  }

  #actionsOf(run: string): (readonly [ActionSpec, ActionState | null])[] {
    return [...this.#tables.specsOf(this.#tables.actionsOfRun.of(run))].filter(
      ([spec]) => spec.kind === "task",
    );
  }
}

function rowOf(spec: ActionSpec, state: ActionState | null): ActionRow {
  return {
    id: spec.id,
    parent: spec.parent,
    name: spec.name,
    group: spec.group,
    status: state?.status ?? "queued",
    attempt: state?.attempt ?? 1,
    epoch: state?.epoch ?? 0,
    createdMs: spec.createdMs,
    startedMs: state?.startedMs ?? null,
    endedMs: state?.endedMs ?? null,
    error: state === null ? null : errorOf(state),
  };
}

function errorOf(state: ActionState): string | null {
  const error = errorIn(state.outcome) ?? state.lastError;
  return error === null ? null : `${error.name}: ${error.message}`.slice(0, errorLengthMax);
}

function errorIn(outcome: Outcome | null): ActionState["lastError"] {
  return outcome?.kind === "error" ? outcome.error : null;
}
