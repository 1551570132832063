/** Specs in the table, and who is whose child. */

import { runOf } from "../../core/identity.ts";
import type { ActionId, ActionSpec, ActionStatus } from "../../core/records.ts";
import type { ChildRecord } from "../../ports.ts";
import type { Bodies } from "./bodies.ts";
import { type Item, keyOf } from "./items.ts";
import { actionAt, hasNoBroods, logOf, prefixes, shardsOf, specKey, stateKey } from "./key-layout.ts";
import { broodItems, childrenIn, specItem, specOf } from "./spec-item.ts";
import { statusIn } from "./state-item.ts";
import type { Condition, Table } from "./table.ts";

/** A timer keeps the time that it was first given. */
const isFirstOfTimer: Condition = { expression: "attribute_not_exists(pk)" };

export class Specs {
  readonly #table: Table;
  readonly #bodies: Bodies;

  constructor(table: Table, bodies: Bodies) {
    this.#table = table;
    this.#bodies = bodies;
  }

  /** Of an action that is given twice, the last spec is written. */
  async put(specs: readonly ActionSpec[]): Promise<void> {
    const byId = new Map(specs.map((spec) => [spec.id, spec]));
    const { task: tasks = [], timer: timers = [] } = Object.groupBy(byId.values(), (spec) => spec.kind);
    const items = await Promise.all(tasks.map((spec) => specItem(spec, this.#bodies)));
    const all = [...items, ...broodItems([...byId.values()])];
    await Promise.all([
      this.#table.putAll(`write ${specs.length} specs`, all),
      ...timers.map((spec) => this.#putTimer(spec)),
    ]);
  }

  async #putTimer(spec: ActionSpec): Promise<void> {
    const item = await specItem(spec, this.#bodies);
    await this.#table.put(`write timer ${spec.id}`, item, isFirstOfTimer);
  }

  async find(action: ActionId): Promise<ActionSpec | null> {
    const [item] = await this.#table.read(`read the spec of action ${action}`, [specKey(action)]);
    return item === undefined || item === null ? null : await specOf(item, this.#bodies);
  }

  async childrenOf(parent: ActionId): Promise<readonly ChildRecord[]> {
    const operation = `list the children of action ${parent}`;
    const children = hasNoBroods(parent)
      ? await this.#inShards(operation, parent)
      : await this.#inBroods(operation, parent);
    return await Promise.all(
      children.map(async ({ spec, status }) => ({ spec: await specOf(spec, this.#bodies), status })),
    );
  }

  /** Statuses are read beside the specs: a child's state comes after its spec, and either may be missed while it is written. */
  async #inShards(operation: string, parent: ActionId): Promise<readonly FoundChild[]> {
    const shards = shardsOf(runOf(parent));
    const [specs, states] = await Promise.all([
      Promise.all(shards.map((pk) => this.#ofParent(operation, { pk, prefix: prefixes.spec, parent }))),
      Promise.all(shards.map((pk) => this.#ofParent(operation, { pk, prefix: prefixes.state, parent }))),
    ]);
    const statuses = new Map(states.flat().map((item) => [actionAt(keyOf(item)), statusIn(item)]));
    return specs.flat().map((spec) => ({ spec, status: statuses.get(actionAt(keyOf(spec))) ?? null }));
  }

  async #ofParent(
    operation: string,
    { pk, prefix, parent }: { readonly pk: string; readonly prefix: string; readonly parent: ActionId },
  ): Promise<readonly Item[]> {
    return await this.#table.queryAll(operation, {
      KeyConditionExpression: "pk = :pk AND begins_with(sk, :prefix)",
      FilterExpression: "p = :parent",
      ExpressionAttributeValues: { ":pk": { S: pk }, ":prefix": { S: prefix }, ":parent": { S: parent } },
      ...(prefix === prefixes.state ? { ProjectionExpression: "pk, sk, st" } : {}),
    });
  }

  async #inBroods(operation: string, parent: ActionId): Promise<readonly FoundChild[]> {
    const broods = await this.#table.queryAll(operation, {
      KeyConditionExpression: "pk = :pk AND begins_with(sk, :prefix)",
      ExpressionAttributeValues: { ":pk": { S: logOf(parent) }, ":prefix": { S: prefixes.brood } },
    });
    const ids = [...new Set(broods.flatMap((brood) => childrenIn(brood, parent)))];
    const [specs, states] = await Promise.all([
      this.#table.read(operation, ids.map(specKey)),
      this.#table.read(operation, ids.map(stateKey)),
    ]);
    // A brood may be durable before all of its specs are: nobody was told of those yet.
    return specs.flatMap((spec, n) => {
      const state = states[n] ?? null;
      return spec === null ? [] : [{ spec, status: state === null ? null : statusIn(state) }];
    });
  }
}

interface FoundChild {
  readonly spec: Item;
  readonly status: ActionStatus | null;
}
