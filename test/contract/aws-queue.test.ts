/** What the AWS backend promises of its queues and its stream beyond the ports. */
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StreamRecord } from "../../sdk/backends/aws/ended-states.ts";
import { Tally } from "../../sdk/backends/aws/meter.ts";
import { deadLetterQueueName, queueName } from "../../sdk/backends/aws/names.ts";
import type { Delivery, Queue } from "../../sdk/ports.ts";
import { type Cloud, startCloud } from "../support/cloud/cloud.ts";
import { disturb } from "../support/cloud/faults.ts";
import { StreamReader } from "../support/cloud/stream-reader.ts";
import { aMessage, anEnd, anError, aSpec, aState } from "../support/records.ts";
import { answerMsMax, eventually, expectPassed, expectSame, freshName, upTo } from "./harness.ts";

let cloud: Cloud;

beforeAll(async () => {
  cloud = await startCloud();
});

afterAll(async () => {
  await cloud.stop();
});

describe("queue", () => {
  it("messages that are sent and removed in one turn travel ten to a request", async () => {
    const meter = new Tally();
    const { queue } = cloud.backend({ meter });
    const name = freshName();
    await Promise.all(upTo(40).map((n) => queue.send([named(name, n)])));
    const deliveries = await receiveAll(queue, name, 40);
    await Promise.all(deliveries.map((delivery) => queue.remove([delivery])));
    expect(meter.byKind.get("sqs.SendMessageBatch")?.requests).toBe(4);
    expect(meter.byKind.get("sqs.DeleteMessageBatch")?.requests).toBe(4);
  });

  it("who asks for more than ten gets them from several requests", async () => {
    const { queue } = cloud.backend();
    const name = freshName();
    await queue.send(upTo(35).map((n) => named(name, n)));
    expect(await queue.receive(name, 32, answerMsMax)).toHaveLength(32);
  });

  it("a delay that is longer than SQS keeps a message back is kept by sending it on", async () => {
    const { queue, clock } = cloud.backend({ delayMsMax: 1_000 });
    const name = freshName();
    const startedMs = clock.nowMs();
    await queue.send([{ ...named(name, 1), delayMs: 3_200 }]);
    const [delivery] = await receiveAll(queue, name, 1);
    expectPassed(clock, startedMs, 3_200);
    expectSame(delivery?.message, named(name, 1).message);
    if (delivery !== undefined) await queue.remove([delivery]);
    expect(await queue.receive(name, 10, 1_500)).toEqual([]);
  });

  it("what SQS refuses of a batch for reasons of its own is sent again, and nothing else of it", async () => {
    const clients = cloud.freshClients();
    let requests = 0;
    disturb(clients.sqs, "SendMessageBatchCommand", async (input, send) => {
      requests += 1;
      const entries = input.Entries as { readonly Id: string }[];
      const taken = entries.filter((_, n) => requests > 2 || n % 3 !== 0);
      const output = await send({ ...input, Entries: taken });
      const failed = entries.filter((entry) => !taken.includes(entry));
      const Failed = failed.map(({ Id }) => ({ Id, Code: "InternalError", SenderFault: false }));
      return { ...output, Failed };
    });
    const { queue } = cloud.backend({ clients });
    const name = freshName();
    await queue.send(upTo(10).map((n) => named(name, n)));
    const deliveries = await receiveAll(queue, name, 10);
    expect(new Set(deliveries.map((delivery) => delivery.message.action)).size).toBe(10);
    expect(await queue.receive(name, 10, 200)).toEqual([]);
  });

  it("what SQS refuses for a fault of ours is an error at once, and fails no other message", async () => {
    const clients = cloud.freshClients();
    disturb(clients.sqs, "SendMessageBatchCommand", async (input, send) => {
      const [first, ...others] = input.Entries as { readonly Id: string }[];
      const output = await send({ ...input, Entries: others });
      return { ...output, Failed: [{ Id: first?.Id, Code: "InvalidMessageContents", SenderFault: true }] };
    });
    const { queue } = cloud.backend({ clients });
    const name = freshName();
    const [first, second] = await Promise.allSettled([
      queue.send([named(name, 1)]),
      queue.send([named(name, 2)]),
    ]);
    expect(first).toMatchObject({ status: "rejected", reason: { code: "STORAGE", retryable: false } });
    expect(second.status).toBe("fulfilled");
  });

  it("a spec that makes a message too large stays out of it", async () => {
    const { queue } = cloud.backend();
    const name = freshName();
    const spec = aSpec({ id: `${name}/a0`, group: "g".repeat(70_000) });
    await queue.send([{ queue: name, message: { ...aMessage(spec), epoch: 3 }, delayMs: 0 }]);
    const [delivery] = await receiveAll(queue, name, 1);
    expectSame(delivery?.message, { kind: "run", action: spec.id, spec: null, epoch: 3 });
  });

  it("a receiver that was told to stop gives back what it gets nevertheless", async () => {
    const { queue } = cloud.backend({ leaseMs: 60_000 });
    const name = freshName();
    const stop = new AbortController();
    const stopped = queue.receive(name, 10, answerMsMax, stop.signal);
    await cloud.backend().clock.wait(50);
    stop.abort();
    expect(await stopped).toEqual([]);
    await queue.send([named(name, 1)]);
    await queue.settled();
    expect(await receiveAll(queue, name, 1)).toHaveLength(1);
  });

  it("a message that nobody can read holds up no other", async () => {
    const { queue } = cloud.backend();
    const name = freshName();
    const QueueUrl = await cloud.queueUrl(name);
    for (const MessageBody of ["hello", "{}", "wA=="]) {
      await cloud.clients.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
    }
    await queue.send([named(name, 1)]);
    const [delivery] = await receiveAll(queue, name, 1);
    expectSame(delivery?.message, named(name, 1).message);
  });

  it("a lease that is extended keeps its message hidden beyond its first end", async () => {
    const { queue, clock } = cloud.backend({ leaseMs: 1_000 });
    const name = freshName();
    await queue.send([named(name, 1)]);
    const held = await receiveAll(queue, name, 1);
    const startedMs = clock.nowMs();
    expect(await queue.extend(held, 4_000)).toEqual([true]);
    expect(await receiveAll(queue, name, 1)).toHaveLength(1);
    expectPassed(clock, startedMs, 4_000);
  });

  it("queues of different stacks and environments have different names, as long as SQS takes them", () => {
    const names = ["a", "a-b", "prod", "x".repeat(20)].flatMap((stack) =>
      ["b", "b-c", "c", "drover-service", "e".repeat(63), `${"e".repeat(62)}f`].flatMap((environment) => [
        queueName(stack, environment),
        deadLetterQueueName(stack, environment),
      ]),
    );
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[\w-]{1,80}$/);
  });
});

describe("stream", () => {
  it("a batch that is told again, or in parts, tells of the same ends", async () => {
    const reader = await StreamReader.open({ ...cloud, recordsMax: 7 });
    const backend = cloud.backend();
    const run = freshName();
    const events: (readonly StreamRecord[])[] = [];
    const stop = new AbortController();
    const changes = reader.changes(async (records) => {
      events.push(records);
      return await backend.endedStates(records);
    });
    const told = new Map<string, number>();
    changes.follow(async (ended) => {
      for (const { id } of ended) told.set(id, (told.get(id) ?? 0) + 1);
    }, stop.signal);
    const ended = upTo(12).map((n) =>
      anEnd(aState({ id: `${run}/c${n}` }), { status: "failed", outcome: anError() }),
    );
    for (const state of ended) {
      await backend.store.writeState(aState({ id: state.id }), null);
      await backend.store.writeState(state, 1);
    }
    await eventually(backend.clock, () => expect(told.size).toBe(12));
    stop.abort();
    const again = await Promise.all([...events, ...events].map((records) => backend.endedStates(records)));
    const byId = Map.groupBy(again.flat(), (state) => state.id);
    for (const state of ended) expectSame(byId.get(state.id), [state, state]);
    expect(events.every((records) => records.length <= 7)).toBe(true);
  });

  it("records of anything else, and of items that are gone, tell of nothing", async () => {
    const { endedStates } = cloud.backend();
    const note = { pk: { S: "note#x" }, sk: { S: "note" }, text: { S: "succeeded" } };
    const records = [{ eventName: "REMOVE" }, { eventName: "INSERT", dynamodb: { NewImage: note } }];
    expect(await endedStates(records)).toEqual([]);
  });
});

function named(queue: string, n: number) {
  return { queue, message: { kind: "run", action: `${queue}/c${n}`, spec: null }, delayMs: 0 } as const;
}

async function receiveAll(queue: Queue, name: string, count: number): Promise<readonly Delivery[]> {
  const deliveries: Delivery[] = [];
  while (deliveries.length < count) {
    const some = await queue.receive(name, count - deliveries.length, answerMsMax);
    if (some.length === 0)
      throw new Error(`Queue ${name} delivered ${deliveries.length} of ${count} messages.`);
    deliveries.push(...some);
  }
  return deliveries;
}
