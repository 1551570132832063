/** What AWS bills for what the engine does, in its own units: WRU of 1 KB, RRU of 4 KB, SQS requests of 64 KB. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chunksOf } from "../../sdk/backends/aws/gatherer.ts";
import { Tally } from "../../sdk/backends/aws/meter.ts";
import { hashStrings } from "../../sdk/core/codec/canonical.ts";
import { encode } from "../../sdk/core/codec/encode.ts";
import type { ActionSpec, Payload } from "../../sdk/core/records.ts";
import { type Cloud, startCloud } from "../support/cloud/cloud.ts";
import { aBatch, aMessage, anEnd, anEntry, aSpec, aState, aTrace } from "../support/records.ts";
import { answerMsMax, freshName, upTo } from "./harness.ts";

let cloud: Cloud;

beforeAll(async () => {
  cloud = await startCloud();
});

afterAll(async () => {
  await cloud.stop();
});

const run = freshName("nightly-scores");
const root = `${run}/a0`;
const localId = (...parts: readonly string[]): string => `${run}/${hashStrings(parts)}`;

/** A batch as a driver asks for one: its range as input, its ids as the engine makes them. */
function aBatchAction(n: number, parent = root): ActionSpec {
  const input: Payload = { kind: "inline", bytes: encode({ start: n * 1_000, end: (n + 1) * 1_000 }) };
  const asked = { attempt: 1, index: 3, epoch: 2, at: 120 };
  return aSpec({
    id: localId(parent, String(n)),
    parent,
    name: "batch-processor.processBatch",
    input,
    asked,
  });
}

function aClaim(spec: ActionSpec) {
  const { id, parent, name } = spec;
  const owner = "0f8fad5b-d9cb-469f-a165-70867728950e";
  return aState({ id, parent, name, environment: "batch-processor", owner, claim: owner });
}

describe("costs", () => {
  it("100 children of a root action: one write unit each, and ten requests to send, receive and remove", async () => {
    const { meter, store, queue } = metered();
    const specs = upTo(100).map((n) => aBatchAction(n));
    await store.putSpecs(specs);
    await queue.send(specs.map((spec) => ({ queue: run, message: aMessage(spec), delayMs: 0 })));
    expect(billed(meter)).toEqual({ wru: 100, sqsRequests: 10 });
    expect(meter.byKind.get("dynamodb.BatchWriteItem")?.requests).toBe(4);
    meter.reset();
    const deliveries = await queue.receive(run, 100, answerMsMax);
    expect(deliveries).toHaveLength(100);
    await queue.remove(deliveries);
    expect(billed(meter)).toEqual({ sqsRequests: 20 });
  });

  it("100 children of another action: three write units more, for the brood that lists them", async () => {
    const { meter, store } = metered();
    await store.putSpecs(upTo(100).map((n) => aBatchAction(n, localId("driver"))));
    expect(billed(meter)).toEqual({ wru: 103 });
  });

  it("a batch from its claim to its end, with two journal batches: four write units and a read", async () => {
    const { meter, store } = metered();
    const spec = aBatchAction(1_000);
    const claimed = aClaim(spec);
    await store.writeState(aState({ id: root, spawned: true }), null);
    meter.reset();

    await Promise.all([store.writeState(claimed, null), store.readStates([root])]);
    expect(billed(meter)).toEqual({ wru: 1, rru: 1 });
    const outcome = { kind: "value", payload: { kind: "inline", bytes: encode(upTo(20)) } } as const;
    for (const index of [1, 2]) {
      const records = [aTrace({ id: hashStrings([String(index)]), outcome })];
      await store.appendJournal(aBatch({ action: spec.id, index, prevEpoch: index - 1, records }));
    }
    expect(billed(meter)).toEqual({ wru: 3, rru: 1 });
    await store.writeState(anEnd(claimed, { outcome, tracesExecuted: 2 }), 1);
    expect(billed(meter)).toEqual({ wru: 4, rru: 1 });
  });

  it("telling a parent of 25 ends: as many write units as the entries have KB, and one for its inbox", async () => {
    const { meter, store } = metered();
    const parent = aState({ id: `${freshName()}/a0`, inbox: 0, spawned: true });
    await store.writeState(parent, null);
    const outcome = { kind: "value", payload: { kind: "inline", bytes: encode({ scored: 1_000 }) } } as const;
    const entries = upTo(25).map((n) => anEntry({ child: localId(parent.id, String(n)), outcome }));
    meter.reset();

    await store.readStates([parent.id]);
    expect(await store.appendMailbox(parent.id, 0, entries.slice(0, 20))).toBe(true);
    expect(await store.appendMailbox(parent.id, 20, entries.slice(20))).toBe(true);
    await store.writeState({ ...parent, version: 2, inbox: 25 }, 1);
    expect(billed(meter)).toEqual({ wru: 6, rru: 1 });
  });

  it("appending where others have written costs one read more", async () => {
    const action = `${freshName()}/a0`;
    await metered().store.appendMailbox(action, 0, [anEntry()]);
    const { meter, store } = metered();
    await store.appendMailbox(action, 1, [anEntry()]);
    await store.appendMailbox(action, 2, [anEntry()]);
    expect(billed(meter)).toEqual({ wru: 2, rru: 1 });
  });

  it("the children of a root action are read by the page: a quarter unit each with their states", async () => {
    const { meter, store } = metered();
    const parent = `${freshName()}/a0`;
    const runOfParent = parent.slice(0, -3);
    const specs = upTo(400).map((n) => ({
      ...aBatchAction(n, parent),
      id: `${runOfParent}/${hashStrings([String(n)])}`,
    }));
    for (const some of chunksOf(specs, 100)) {
      await store.putSpecs(some);
      await Promise.all(some.map((spec) => store.writeState(aClaim(spec), null)));
    }
    meter.reset();
    expect(await store.listChildren(parent)).toHaveLength(400);
    expect(meter.units("rru")).toBeLessThan(150);
  });

  it("a write that is refused is counted, too", async () => {
    const { meter, store } = metered();
    const state = aState({ id: `${freshName()}/a0` });
    await store.writeState(state, null);
    await store.writeState(state, null);
    expect(billed(meter)).toEqual({ wru: 2 });
  });
});

function metered() {
  const meter = new Tally();
  return { meter, ...cloud.backend({ meter }) };
}

/** What was counted, by unit. */
function billed(meter: Tally): Readonly<Record<string, number>> {
  const units = ["wru", "rru", "sqsRequests", "s3Puts", "s3Gets"] as const;
  return Object.fromEntries(
    units.map((unit) => [unit, meter.units(unit)]).filter(([, count]) => count !== 0),
  );
}
