/** Journals in the table: a batch is an item. */
import { runOf } from "../../core/identity.ts";
import type { ActionId, JournalBatch } from "../../core/records.ts";
import type { Bodies } from "./bodies.ts";
import { damaged, type Item, keyAttributes, packed, unpacked } from "./items.ts";
import { journalKey, logOf, prefixes } from "./key-layout.ts";
import type { Table } from "./table.ts";

type BatchBody = Omit<JournalBatch, "action">;

export class Journal {
  readonly #table: Table;
  readonly #bodies: Bodies;

  constructor(table: Table, bodies: Bodies) {
    this.#table = table;
    this.#bodies = bodies;
  }

  /**
   * Needs no condition: an epoch has one executor, which cuts one batch for an index, so what may be there already is the
   * same. A fenced epoch is not refused, since that would take a transaction with the state, at twice the price.
   */
  async append({ action, ...body }: JournalBatch): Promise<boolean> {
    const item = {
      ...keyAttributes(journalKey(action, body.index, body.epoch)),
      ...(await this.#bodies.attributes(runOf(action), packed(body))),
    };
    await this.#table.put(`write journal batch ${body.index} of action ${action}`, item, null);
    return true;
  }

  async read(action: ActionId): Promise<readonly JournalBatch[]> {
    const items = await this.#table.queryAll(`read the journal of action ${action}`, {
      KeyConditionExpression: "pk = :pk AND begins_with(sk, :prefix)",
      ExpressionAttributeValues: { ":pk": { S: logOf(action) }, ":prefix": { S: prefixes.journal } },
    });
    return await Promise.all(items.map((item) => this.#batchOf(action, item)));
  }

  async #batchOf(action: ActionId, item: Item): Promise<JournalBatch> {
    const body = await this.#bodies.of(item);
    if (body === null) throw damaged(item, "its records are missing");
    return { action, ...unpacked<BatchBody>(body) };
  }
}
