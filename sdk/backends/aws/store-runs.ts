/** Runs in the table, and the index in which they stand by age. */
import type { RunRecord } from "../../core/records.ts";
import type { Bodies } from "./bodies.ts";
import { damaged, type Item, keyAttributes, packed, unpacked } from "./items.ts";
import { ageKeyOf, runKey, runList, runListCount, runListOf } from "./key-layout.ts";
import { runsIndex } from "./names.ts";
import type { Condition, Table } from "./table.ts";

const isNew: Condition = { expression: "attribute_not_exists(pk)" };

export class Runs {
  readonly #table: Table;
  readonly #bodies: Bodies;

  constructor(table: Table, bodies: Bodies) {
    this.#table = table;
    this.#bodies = bodies;
  }

  async create(run: RunRecord): Promise<{ readonly created: boolean; readonly run: RunRecord }> {
    const item = {
      ...keyAttributes(runKey(run.name)),
      rk: { S: runListOf(run.name) },
      rs: { S: ageKeyOf(run) },
      ...(await this.#bodies.attributes(run.name, packed(run))),
    };
    const result = await this.#table.put(`create run ${run.name}`, item, isNew);
    if (result.ok) return { created: true, run };
    if (result.current === null) throw damaged(item, "it is there and is not");
    return { created: false, run: await this.#runOf(result.current) };
  }

  async find(name: string): Promise<RunRecord | null> {
    const [item] = await this.#table.read(`read run ${name}`, [runKey(name)]);
    return item === undefined || item === null ? null : await this.#runOf(item);
  }

  /** The newest runs of all lists. The index follows the table within a second or so. */
  async newest(limit: number): Promise<readonly RunRecord[]> {
    const lists = await Promise.all(
      Array.from({ length: runListCount }, (_, number) => this.#newestOf(runList(number), limit)),
    );
    return lists
      .flat()
      .sort((a, b) => b.createdMs - a.createdMs)
      .slice(0, limit);
  }

  async #newestOf(list: string, limit: number): Promise<readonly RunRecord[]> {
    const items: Item[] = [];
    const pages = this.#table.query("list the runs", {
      IndexName: runsIndex.name,
      KeyConditionExpression: "rk = :list",
      ExpressionAttributeValues: { ":list": { S: list } },
      ScanIndexForward: false,
      Limit: limit,
    });
    for await (const page of pages) {
      items.push(...page);
      if (items.length >= limit) break;
    }
    return await Promise.all(items.slice(0, limit).map((item) => this.#runOf(item)));
  }

  async #runOf(item: Item): Promise<RunRecord> {
    const body = await this.#bodies.of(item);
    if (body === null) throw damaged(item, "its body is missing");
    return unpacked<RunRecord>(body);
  }
}
