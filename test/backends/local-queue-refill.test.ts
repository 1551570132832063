import { describe, expect, it } from "vitest";
import type { LocalBackend } from "../../sdk/backends/local/host-backend.ts";
import { messagesToRestore } from "../../sdk/backends/local/queue-refill.ts";
import { SERVICE_QUEUE } from "../../sdk/core/identity.ts";
import type { ActionSpec, ActionState } from "../../sdk/core/records.ts";
import { anEnd, aSpec, aState, aTimer } from "../support/records.ts";
import { openIn, reopened, stateFolder } from "./local-folder.ts";

const nowMs = Date.UTC(2030, 5, 1);

function restored(spec: ActionSpec, state: ActionState | null) {
  return messagesToRestore(spec, state, nowMs).map(({ queue, message, dueMs, messageId }) => {
    return { queue, kind: message.kind, dueMs, messageId };
  });
}

function withTimeouts(timeouts: Partial<ActionSpec["policy"]["timeouts"]>): ActionSpec {
  const none = { maxRuntimeMs: null, maxQueuedMs: null, deadlineMs: null };
  return aSpec({ policy: { ...aSpec().policy, timeouts: { ...none, ...timeouts } } });
}

const plain = withTimeouts({});
const run = { queue: "orders", kind: "run", dueMs: nowMs, messageId: null };

describe("the messages that an unfinished action must have", () => {
  it("one that nobody claimed is to be run", () => {
    expect(restored(plain, null)).toEqual([run]);
  });

  it("one that runs goes on under the message that it ran under", () => {
    expect(restored(plain, aState({ owner: "its-message" }))).toEqual([{ ...run, messageId: "its-message" }]);
  });

  it("one that waits for its next attempt is not due before that is", () => {
    const state = aState({ status: "queued", owner: null, readyMs: nowMs + 5_000 });
    expect(restored(plain, state)).toEqual([{ ...run, dueMs: nowMs + 5_000 }]);
  });

  it("a suspended one is looked at, as a wake-up may have been lost", () => {
    expect(restored(plain, aState({ status: "suspended", owner: null, inbox: 2, read: 1 }))).toEqual([run]);
  });

  it("the limit that it meets next is looked after when it is due", () => {
    const { createdMs } = plain;
    const spec = withTimeouts({ maxQueuedMs: 1_000, maxRuntimeMs: 10_000, deadlineMs: 60_000 });
    const expire = { queue: SERVICE_QUEUE, kind: "expire", messageId: null };
    expect(restored(spec, null)).toEqual([run, { ...expire, dueMs: createdMs + 1_000 }]);
    const suspended = aState({ status: "suspended", owner: null, startedMs: createdMs + 20 });
    expect(restored(spec, suspended)).toEqual([run, { ...expire, dueMs: createdMs + 20 + 10_000 }]);
    expect(restored(withTimeouts({ deadlineMs: 60_000 }), null)).toEqual([
      run,
      { ...expire, dueMs: createdMs + 60_000 },
    ]);
  });

  it("a timer fires when it was to fire", () => {
    const timer = aTimer({ fireAtMs: nowMs + 7 });
    expect(restored(timer, null)).toEqual([
      { queue: SERVICE_QUEUE, kind: "timer", dueMs: nowMs + 7, messageId: null },
    ]);
  });
});

describe("a host that starts again", () => {
  const parent = aSpec({ id: "r/a0", environment: "drivers" });
  const overdue = (local: string) => aTimer({ id: `r/${local}`, parent: "r/a0", fireAtMs: 1 });

  async function received({ queue }: LocalBackend, name: string): Promise<string[]> {
    const deliveries = await queue.receive(name, 100, 0);
    return deliveries.map((one) => `${one.message.kind} ${one.message.action}`).toSorted();
  }

  it("runs what has not ended, under the old message where it was running", async () => {
    const dir = stateFolder();
    const before = openIn(dir);
    const specs = ["idle", "busy", "done"].map((local) => aSpec({ id: `r/${local}`, parent: "r/a0" }));
    await before.store.putSpecs([parent, ...specs]);
    await before.store.writeState(aState({ id: "r/busy", owner: "message-7" }), null);
    await before.store.writeState(aState({ id: "r/done" }), null);
    await before.store.writeState(anEnd(aState({ id: "r/done" })), 1);
    const { queue } = reopened(before, dir);
    const deliveries = await queue.receive("orders", 10, 0);
    const byAction = new Map(deliveries.map((one) => [one.message.action, one]));
    expect([...byAction.keys()].toSorted()).toEqual(["r/busy", "r/idle"]);
    expect(byAction.get("r/busy")?.messageId).toBe("message-7");
    expect(byAction.get("r/idle")?.message.spec).toEqual(specs[0]);
  });

  it("fires a timer that was delivered and not removed, and not one that was", async () => {
    const dir = stateFolder();
    const before = openIn(dir);
    await before.store.putSpecs([parent, overdue("fired"), overdue("in-hand")]);
    const message = (timer: ActionSpec) => ({ kind: "timer", action: timer.id, spec: timer }) as const;
    for (const timer of [overdue("fired"), overdue("in-hand")]) {
      await before.queue.send([{ queue: SERVICE_QUEUE, message: message(timer), delayMs: 0 }]);
    }
    const [fired] = await before.queue.receive(SERVICE_QUEUE, 1, 0);
    await before.queue.receive(SERVICE_QUEUE, 1, 0);
    await before.store.appendMailbox("r/a0", 0, [
      { child: "r/in-hand", status: "fired", outcome: null, endedMs: 1 },
    ]);
    if (fired !== undefined) await before.queue.remove([fired]);
    expect(await received(reopened(before, dir), SERVICE_QUEUE)).toEqual(["timer r/in-hand"]);
  });

  it("leaves the timers of a parent that has ended alone, for good", async () => {
    const dir = stateFolder();
    const before = openIn(dir);
    await before.store.putSpecs([parent, overdue("orphan")]);
    await before.store.writeState(aState({ id: "r/a0" }), null);
    await before.store.writeState(anEnd(aState({ id: "r/a0" })), 1);
    const between = reopened(before, dir);
    expect(await received(between, SERVICE_QUEUE)).toEqual([]);
    await between.store.readSpec("r/a0");
    expect(await received(reopened(between, dir), SERVICE_QUEUE)).toEqual([]);
  });

  it("finds the few that are left among twenty thousand that have ended and were told", async () => {
    const dir = stateFolder();
    const before = openIn(dir);
    const ids = Array.from({ length: 20_000 }, (_, n) => `r/${((n * 7_919) % 20_011).toString(36)}`);
    const told = Promise.withResolvers<void>();
    let toldCount = 0;
    const stop = new AbortController();
    before.changes.follow(async (ended) => {
      toldCount += ended.length;
      if (toldCount === ids.length - 3) told.resolve();
    }, stop.signal);
    for (let first = 0; first < ids.length; first += 250) {
      await before.store.putSpecs(ids.slice(first, first + 250).map((id) => aSpec({ id, parent: "r/a0" })));
    }
    const ending = ids.slice(3).map(async (id) => {
      await before.store.writeState(aState({ id }), null);
      await before.store.writeState(anEnd(aState({ id })), 1);
    });
    await Promise.all(ending);
    await told.promise;
    await before.store.readSpec("r/a0");
    const after = reopened(before, dir);
    expect(after.queue.depth("orders")).toBe(3);
    for (const id of [ids[0], ids[3], ids[10_000], ids[19_999]] as string[]) {
      expect(await after.store.readSpec(id)).toEqual(aSpec({ id, parent: "r/a0" }));
      expect((await after.store.readStates([id]))[0]?.status ?? null).toBe(
        id === ids[0] ? null : "succeeded",
      );
    }
    expect((await after.catalog.summarize("r")).actions).toMatchObject({ queued: 3, succeeded: 19_997 });
  });
});
