/**
 * All actions of a run, from the shards that hold their specs and states. Nothing is written for those who look: an index of
 * actions would be one more write for each change of each action, and counters written at every change would be off by one
 * for every batch that the stream delivers twice. A look reads heads, but is billed for whole items: 10,000 actions of 1 KB
 * with their specs are 2,500 read units, at half the price of consistent ones.
 */
import type { ActionId } from "../../core/records.ts";
import type { ActionRow, Clock } from "../../ports.ts";
import { type Item, keyOf, textOrNull } from "./items.ts";
import { actionAt, prefixes, shardsOf } from "./key-layout.ts";
import { specHeadOf } from "./spec-item.ts";
import { stateHeadOf } from "./state-item.ts";
import type { Table } from "./table.ts";

export interface ScannedAction extends ActionRow {
  readonly tracesExecuted: number;
  readonly tracesReplayed: number;
}

/** In order of creation, timers left out. */
export type ScannedRun = readonly ScannedAction[];

/** A page, the next one and the summary beside them come from one scan. */
const freshMs = 1_000;

/** Runs whose last scan is kept; of the others memory is given back. */
const runsKept = 4;

export class RunScans {
  readonly #table: Table;
  readonly #clock: Clock;
  readonly #scans = new Map<string, { readonly sinceMs: number; readonly scan: Promise<ScannedRun> }>();

  constructor(table: Table, clock: Clock) {
    this.#table = table;
    this.#clock = clock;
  }

  /** The run as it was a second ago, or as it is now. */
  scan(run: string): Promise<ScannedRun> {
    const nowMs = this.#clock.nowMs();
    const known = this.#scans.get(run);
    if (known !== undefined && nowMs - known.sinceMs < freshMs) return known.scan;
    const scan = this.#scan(run);
    this.#keep(run, { sinceMs: nowMs, scan });
    return scan;
  }

  #keep(run: string, kept: { readonly sinceMs: number; readonly scan: Promise<ScannedRun> }): void {
    this.#scans.delete(run);
    this.#scans.set(run, kept);
    const [oldest] = this.#scans.keys();
    if (this.#scans.size > runsKept && oldest !== undefined) this.#scans.delete(oldest);
    kept.scan.catch(() => {
      if (this.#scans.get(run) === kept) this.#scans.delete(run);
    });
  }

  async #scan(run: string): Promise<ScannedRun> {
    const shards = await Promise.all(shardsOf(run).map((pk) => this.#readShard(run, pk)));
    return shards.flatMap(actionsIn).sort((a, b) => a.createdMs - b.createdMs || (a.id < b.id ? -1 : 1));
  }

  #readShard(run: string, pk: string): Promise<readonly Item[]> {
    return this.#table.queryAll(`list the actions of run ${run}`, {
      KeyConditionExpression: "pk = :pk",
      FilterExpression: "attribute_not_exists(k)",
      ExpressionAttributeValues: { ":pk": { S: pk } },
      ProjectionExpression: "pk, sk, st, p, x, h",
      ConsistentRead: false,
    });
  }
}

/** A spec and the state of its action are in the same shard. */
function actionsIn(items: readonly Item[]): ScannedAction[] {
  const { specs = [], states = [] } = Object.groupBy(items, (item) =>
    keyOf(item).sk.startsWith(prefixes.spec) ? "specs" : "states",
  );
  const stateById = new Map<ActionId, Item>(states.map((item) => [actionAt(keyOf(item)), item]));
  return specs.map((spec) => scannedAction(spec, stateById.get(actionAt(keyOf(spec))) ?? null));
}

function scannedAction(specItem: Item, stateItem: Item | null): ScannedAction {
  const { id, parent, name, group, createdMs } = specHeadOf(specItem);
  const state = stateItem === null ? null : stateHeadOf(stateItem);
  return {
    ...{ id, parent, name, group, createdMs },
    status: state?.status ?? "queued",
    attempt: state?.attempt ?? 1,
    epoch: state?.epoch ?? 0,
    startedMs: state?.startedMs ?? null,
    endedMs: state?.endedMs ?? null,
    error: stateItem === null ? null : textOrNull(stateItem, "x"),
    tracesExecuted: state?.tracesExecuted ?? 0,
    tracesReplayed: state?.tracesReplayed ?? 0,
  };
}
