/** What the AWS backend promises of its records beyond the ports: limits of DynamoDB, and its answers that stand-ins never give. */
import { ScanCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Tally } from "../../sdk/backends/aws/meter.ts";
import { toErrorRecord } from "../../sdk/core/error-record.ts";
import { StorageError } from "../../sdk/core/errors.ts";
import type { Outcome } from "../../sdk/core/records.ts";
import { type Cloud, startCloud } from "../support/cloud/cloud.ts";
import { disturb } from "../support/cloud/faults.ts";
import {
  aBatch,
  anEnd,
  anEntry,
  aRun,
  aSpec,
  aState,
  aTimer,
  aTrace,
  inline,
  someBytes,
} from "../support/records.ts";
import { expectSame, freshName, upTo } from "./harness.ts";

let cloud: Cloud;

beforeAll(async () => {
  cloud = await startCloud();
});

afterAll(async () => {
  await cloud.stop();
});

describe("records larger than an item", () => {
  it("a state with an error of half a megabyte is read back in every field", async () => {
    const { store } = cloud.backend();
    const before = aState({ id: `${freshName()}/a0` });
    const ended = anEnd(before, { status: "failed", outcome: hugeError(), lastError: hugeError().error });
    await store.writeState(before, null);
    expectSame(await store.writeState(ended, 1), { ok: true });
    expectSame(await store.readStates([ended.id]), [ended]);
    expectSame(await store.writeState(ended, 1), { ok: false, current: ended });
  });

  it("a mailbox takes as many of them at once as it takes small ones", async () => {
    const { store } = cloud.backend();
    const action = `${freshName()}/a0`;
    const entries = upTo(store.limits.mailboxEntriesMax).map((n) =>
      anEntry({ child: `r/c${n}`, status: "failed", outcome: hugeError() }),
    );
    expect(await store.appendMailbox(action, 0, entries)).toBe(true);
    expectSame(await store.readMailbox(action, 0, 0), entries);
  });

  it("a journal batch of them is read back in every field", async () => {
    const { store } = cloud.backend();
    const action = `${freshName()}/a0`;
    const batch = aBatch({ action, records: [aTrace({ outcome: hugeError() })] });
    await store.appendJournal(batch);
    expectSame(await store.readJournal(action), [batch]);
  });

  it("a blob larger than a part arrives whole", async () => {
    const { blobs } = cloud.backend();
    const key = `${freshName()}/a0/output-1`;
    const bytes = someBytes(2 * 16 * 1_024 * 1_024 + 5);
    await blobs.put(key, bytes);
    expectSame(await blobs.get(key), bytes);
  });
});

describe("children of an action that is not the root", () => {
  it("are found once each, however often and in whatever company they were written", async () => {
    const { store } = cloud.backend();
    const parent = `${freshName()}/driver`;
    const run = parent.split("/")[0];
    const children = upTo(30).map((n) => aSpec({ id: `${run}/c${n}`, parent }));
    await store.putSpecs(children.slice(0, 20));
    await store.putSpecs(children.slice(0, 20).reverse());
    await store.putSpecs(children.slice(10));
    await store.writeState(aState({ id: `${run}/c7`, parent }), null);
    const listed = (await store.listChildren(parent)).toSorted((a, b) => (a.spec.id < b.spec.id ? -1 : 1));
    const expected = children.map((spec) => ({ spec, status: spec.id === `${run}/c7` ? "running" : null }));
    expectSame(
      listed,
      expected.toSorted((a, b) => (a.spec.id < b.spec.id ? -1 : 1)),
    );
  });
});

describe("mailboxes", () => {
  it.each([0, 3, 5, 6, 11, 12, 13])(
    "a writer that knows nothing of 12 entries appends at their end and nowhere else: %i",
    async (first) => {
      const { store } = cloud.backend();
      const action = `${freshName()}/a0`;
      const entries = upTo(12).map((n) => anEntry({ child: `r/c${n}` }));
      await store.appendMailbox(action, 0, entries.slice(0, 6));
      await store.appendMailbox(action, 6, entries.slice(6));
      const other = cloud.backend();
      expect(await other.store.appendMailbox(action, first, [anEntry({ child: "r/late" })])).toBe(
        first === 12,
      );
      expect(await other.store.mailboxEnd(action)).toBe(first === 12 ? 13 : 12);
    },
  );

  it("a writer that believes in an end that others have passed is refused", async () => {
    const { store } = cloud.backend();
    const action = `${freshName()}/a0`;
    await store.appendMailbox(action, 0, [anEntry()]);
    await cloud.backend().store.appendMailbox(action, 1, [anEntry({ child: "r/other" })]);
    expect(await store.appendMailbox(action, 1, [anEntry({ child: "r/late" })])).toBe(false);
    expect(await store.mailboxEnd(action)).toBe(2);
  });
});

describe("requests", () => {
  it("what is read in one turn is one request, and each of it is billed once", async () => {
    const meter = new Tally();
    const { store } = cloud.backend({ meter });
    const run = freshName();
    const states = upTo(60).map((n) => aState({ id: `${run}/c${n}` }));
    await Promise.all(states.map((state) => store.writeState(state, null)));
    meter.reset();
    const reads = [...states, ...states].map((state) => store.readStates([state.id]));
    expectSame(
      await Promise.all(reads),
      [...states, ...states].map((state) => [state]),
    );
    expect(meter.byKind.get("dynamodb.BatchGetItem")).toEqual({ requests: 1, unit: "rru", units: 60 });
  });

  it("what DynamoDB leaves of a batch is written and read by further requests", async () => {
    const clients = cloud.freshClients();
    disturb(clients.dynamodb, "BatchWriteItemCommand", async (input, send) => {
      const [table, all] = onlyEntry<unknown[]>(input.RequestItems);
      const taken = Math.ceil(all.length / 2);
      const output = await send({ ...input, RequestItems: { [table]: all.slice(0, taken) } });
      return { ...output, UnprocessedItems: taken === all.length ? {} : { [table]: all.slice(taken) } };
    });
    disturb(clients.dynamodb, "BatchGetItemCommand", async (input, send) => {
      const [table, { Keys: all, ...rest }] = onlyEntry<{ Keys: unknown[] }>(input.RequestItems);
      const taken = Math.ceil(all.length / 2);
      const output = await send({
        ...input,
        RequestItems: { [table]: { ...rest, Keys: all.slice(0, taken) } },
      });
      const left = { [table]: { ...rest, Keys: all.slice(taken) } };
      return { ...output, UnprocessedKeys: taken === all.length ? {} : left };
    });
    const { store } = cloud.backend({ clients });
    const run = freshName();
    const specs = upTo(60).map((n) => aSpec({ id: `${run}/c${n}`, parent: `${run}/driver` }));
    await store.putSpecs(specs);
    expectSame(await Promise.all(specs.map((spec) => store.readSpec(spec.id))), specs);
  });

  it.each([
    ["ProvisionedThroughputExceededException", 400, true],
    ["InternalServerError", 500, true],
    ["ValidationException", 400, false],
    ["AccessDeniedException", 403, false],
  ])("%s is a StorageError that says whether trying again helps", async (name, httpStatusCode, retryable) => {
    const clients = cloud.freshClients();
    disturb(clients.dynamodb, "PutItemCommand", async () => {
      throw Object.assign(new Error("no"), { name, $metadata: { httpStatusCode } });
    });
    const { store } = cloud.backend({ clients });
    const failure = await store.writeState(aState(), null).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(StorageError);
    expect(failure).toMatchObject({ operation: "write the state of action a-run/a0", retryable });
  });

  it("a table that is not there is an error that trying again does not help", async () => {
    const clients = cloud.freshClients();
    disturb(clients.dynamodb, "QueryCommand", (input, send) => send({ ...input, TableName: "drover-none" }));
    const { store } = cloud.backend({ clients });
    await expect(store.mailboxEnd("a-run/a0")).rejects.toMatchObject({ code: "STORAGE", retryable: false });
  });

  it("every record says when it may be deleted, and none before its retention", async () => {
    const { store, clock } = cloud.backend();
    const run = aRun({ name: freshName() });
    const { root } = run;
    await store.createRun(run);
    await store.putSpecs([root, aTimer({ id: `${run.name}/timer` })]);
    await store.putSpecs([aSpec({ id: `${run.name}/c1`, parent: `${run.name}/driver`, input: inline(5) })]);
    await store.writeState(aState({ id: root.id }), null);
    await store.appendJournal(aBatch({ action: root.id }));
    await store.appendMailbox(root.id, 0, [anEntry()]);
    const { Items = [] } = await cloud.clients.dynamodb.send(
      new ScanCommand({
        TableName: cloud.tableName,
        FilterExpression: "contains(pk, :run)",
        ExpressionAttributeValues: { ":run": { S: run.name } },
      }),
    );
    expect(Items).toHaveLength(8);
    const retainedS = (clock.nowMs() + 89 * 24 * 3_600_000) / 1_000;
    for (const item of Items) expect(Number(item.ttl?.N)).toBeGreaterThan(retainedS);
  });
});

/** Text that takes 3 bytes a character, which is the most that an error can need. */
function hugeError(): Outcome & { readonly kind: "error" } {
  const error = new Error("錯".repeat(60_000), { cause: new Error("誤".repeat(8_000)) });
  error.stack = `Error\n${"線".repeat(60_000)}`;
  return { kind: "error", error: toErrorRecord(Object.assign(error, { response: "文".repeat(20_000) })) };
}

function onlyEntry<Value>(record: unknown): readonly [string, Value] {
  const [entry] = Object.entries(record as Record<string, Value>);
  if (entry === undefined) throw new Error("A batch about no table.");
  return entry;
}
