import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { abort } from "../../functions/abort.ts";
import { deadLetter } from "../../functions/dead-letter.ts";
import { launch } from "../../functions/launch.ts";
import { notify } from "../../functions/notify.ts";
import { timers } from "../../functions/timers.ts";
import { SERVICE_QUEUE } from "../../sdk/core/identity.ts";
import type { ActionState, Message } from "../../sdk/core/records.ts";
import type { Delivery, Store } from "../../sdk/ports.ts";
import { aMessage, anEnd, aSpec, aState, aTimer } from "../support/records.ts";
import { changesOf, MemoryCloud, sqsEventOf } from "./memory-cloud.ts";

let cloud: MemoryCloud;

beforeEach(async () => {
  cloud = await MemoryCloud.open();
  cloud.close();
});

afterEach(() => cloud.close());

const spec = aSpec({ id: "r1/child", parent: "r1/a0", environment: "lone", name: "lone.alone" });

function delivered(message: Message, messageId = "a-message", queue = "lone"): Delivery {
  return { queue, messageId, receipt: `${messageId}-receipt`, message };
}

async function stateOf(action: string): Promise<ActionState | null> {
  const [state] = await cloud.memory.store.readStates([action]);
  return state ?? null;
}

async function bury(delivery: Delivery) {
  return await deadLetter(cloud.runtime, sqsEventOf([delivery], true), cloud.context());
}

describe("a dead letter", () => {
  it("of an action that nobody claimed fails the action with a WorkerLostError", async () => {
    expect(await bury(delivered({ ...aMessage(spec), epoch: 0 }))).toEqual({ batchItemFailures: [] });
    expect(await stateOf("r1/child")).toMatchObject({
      status: "failed",
      outcome: { kind: "error", error: { name: "WorkerLostError" } },
    });
  });

  it("of an action that runs under it fails the action, and fences its executor", async () => {
    await cloud.memory.store.writeState(aState({ id: "r1/child", owner: "a-message", epoch: 1 }), null);
    await bury(delivered({ ...aMessage(spec), epoch: 0 }));
    expect(await stateOf("r1/child")).toMatchObject({ status: "failed", epoch: 2 });
  });

  it("of an action that runs under another message changes nothing", async () => {
    const running = aState({ id: "r1/child", owner: "another-message" });
    await cloud.memory.store.writeState(running, null);
    await bury(delivered({ ...aMessage(spec), epoch: 0 }));
    expect(await stateOf("r1/child")).toEqual(running);
  });

  it("of an earlier attempt than the one that is queued changes nothing", async () => {
    const queued = aState({ id: "r1/child", status: "queued", owner: null, epoch: 3 });
    await cloud.memory.store.writeState(queued, null);
    await bury(delivered({ ...aMessage(spec), epoch: 2 }));
    expect(await stateOf("r1/child")).toEqual(queued);
  });

  it("of an action that has ended changes nothing, however often it comes", async () => {
    const ended = anEnd(aState({ id: "r1/child", version: 0 }));
    await cloud.memory.store.writeState(ended, null);
    for (let times = 0; times < 3; times += 1) await bury(delivered(aMessage(spec)));
    expect(await stateOf("r1/child")).toEqual(ended);
  });

  it("of a timer is sent again, so that nobody sleeps for ever", async () => {
    const timer = aTimer({ id: "r1/timer" });
    await bury(delivered({ kind: "timer", action: timer.id, spec: timer }, "a-message", SERVICE_QUEUE));
    expect(cloud.memory.queue.depth(SERVICE_QUEUE)).toBe(1);
  });
});

describe("a message for a container of its own", () => {
  it("stays on its queue, hidden, once its container was started", async () => {
    const launched: Delivery[] = [];
    const runtime = {
      ...cloud.runtime,
      launch: async (delivery: Delivery) => {
        launched.push(delivery);
      },
    };
    await cloud.memory.queue.send([{ queue: "elsewhere", message: aMessage(spec), delayMs: 0 }]);
    const [delivery] = await cloud.memory.queue.receive("elsewhere", 1, 0);
    if (delivery === undefined) throw new Error("Nothing was received.");
    const answer = await launch(runtime, sqsEventOf([{ ...delivery, queue: "lone" }]), cloud.context());
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: delivery.messageId }] });
    expect(launched).toEqual([{ ...delivery, queue: "lone" }]);
  });

  it("is kept as well when no container could be started, and the others of its batch are started", async () => {
    const launched: string[] = [];
    const runtime = {
      ...cloud.runtime,
      launch: async ({ messageId }: Delivery) => {
        if (messageId === "unlucky") throw Object.assign(new Error("no capacity"), { retryable: false });
        launched.push(messageId);
      },
    };
    const event = sqsEventOf([delivered(aMessage(spec), "unlucky"), delivered(aMessage(spec), "lucky")]);
    const answer = await launch(runtime, event, cloud.context());
    expect(answer.batchItemFailures).toHaveLength(2);
    expect(launched).toEqual(["lucky"]);
  });
});

describe("a batch", () => {
  it("of messages brings back those that failed and no others", async () => {
    const broken = "r9/timer";
    const runtime = { ...cloud.runtime, world: { ...cloud.runtime.world, store: refusing(broken) } };
    const due = { fireAtMs: 1 };
    const timersOf = ["r1/timer", broken, "r2/timer"].map((id) => aTimer({ id, parent: id, ...due }));
    const event = sqsEventOf(
      timersOf.map((timer, at) =>
        delivered({ kind: "timer", action: timer.id, spec: timer }, `m${at}`, SERVICE_QUEUE),
      ),
    );
    const answer = await timers(runtime, event, cloud.context());
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: "m1" }] });
  });

  it("of changes tells the ones before the first that fails, and names that one", async () => {
    for (const id of ["r1/a0", "r9/a0", "r2/a0"]) await cloud.memory.store.writeState(aState({ id }), null);
    const runtime = { ...cloud.runtime, world: { ...cloud.runtime.world, store: refusing("r9/a0") } };
    const ended = ["r1", "r9", "r2"].map((run) => anEnd(aState({ id: `${run}/child`, parent: `${run}/a0` })));
    const Records = await changesOf(ended, cloud.memory);
    const answer = await notify(runtime, { Records }, cloud.context());
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: Records[1]?.dynamodb?.SequenceNumber }] });
    expect(await cloud.memory.store.mailboxEnd("r1/a0")).toBeGreaterThan(0);
  });

  it("of changes that comes twice is told twice, and changes nothing the second time that its reader sees", async () => {
    await cloud.memory.store.writeState(aState({ id: "r1/a0" }), null);
    const Records = await changesOf([anEnd(aState({ id: "r1/child", parent: "r1/a0" }))], cloud.memory);
    for (let times = 0; times < 2; times += 1) await notify(cloud.runtime, { Records }, cloud.context());
    const entries = await cloud.memory.store.readMailbox("r1/a0", 0, 0);
    expect(new Set(entries.map(({ child }) => child))).toEqual(new Set(["r1/child"]));
    expect(await stateOf("r1/a0")).toMatchObject({ status: "running", inbox: entries.length });
  });

  it("with changes of other records than ended states is passed over", async () => {
    const Records = [
      ...(await changesOf([aState({ id: "r1/a0" })], cloud.memory)),
      { eventName: "REMOVE" as const, dynamodb: { SequenceNumber: "9" } },
    ];
    expect(await notify(cloud.runtime, { Records }, cloud.context())).toEqual({ batchItemFailures: [] });
  });
});

describe("abort", () => {
  beforeEach(async () => {
    await cloud.memory.store.putSpecs([aSpec({ id: "r1/a0" })]);
    await cloud.memory.store.writeState(aState({ id: "r1/a0" }), null);
  });

  it("ends a run for its execution, with the reason", async () => {
    await abort(cloud.runtime, { run: "r1", reason: "Lambda.Unknown" }, cloud.context());
    const state = await stateOf("r1/a0");
    expect(state).toMatchObject({ status: "aborted", outcome: { error: { name: "ActionAbortedError" } } });
    expect(JSON.stringify(state?.outcome)).toContain("Lambda.Unknown");
  });

  it("ends a run whose execution was stopped, by the event that tells so", async () => {
    const detail = {
      status: "ABORTED",
      name: "r1_2",
      input: JSON.stringify({ run: "r1", task: "t" }),
      cause: null,
    };
    const event = { "detail-type": "Step Functions Execution Status Change", source: "aws.states", detail };
    expect(await abort(cloud.runtime, event, cloud.context())).toEqual({ run: "r1", result: "aborted" });
    expect(await stateOf("r1/a0")).toMatchObject({ status: "aborted" });
  });

  it("of a run that nobody knows says so", async () => {
    const event = { run: "unknown", reason: "why not" };
    expect(await abort(cloud.runtime, event, cloud.context())).toEqual({ run: "unknown", result: "unknown" });
  });
});

/** A store that answers nothing about one action. */
function refusing(action: string): Store {
  const { store } = cloud.memory;
  return new Proxy(store, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name, target);
      if (name !== "readStates") return typeof member === "function" ? member.bind(target) : member;
      return async (actions: readonly string[]) => {
        if (actions.includes(action)) throw Object.assign(new Error("refused"), { retryable: false });
        return await target.readStates(actions);
      };
    },
  });
}
