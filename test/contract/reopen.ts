import { afterEach, describe, expect, it } from "vitest";
import { SERVICE_QUEUE } from "../../sdk/core/identity.ts";
import type { ActionSpec, ActionState, Message } from "../../sdk/core/records.ts";
import type { Delivery } from "../../sdk/ports.ts";
import {
  aBatch,
  aMessage,
  anEnd,
  anEntry,
  aRun,
  aSpec,
  aState,
  aTimer,
  someBytes,
} from "../support/records.ts";
import {
  answerMsMax,
  type ContractBackend,
  eventually,
  expectSame,
  freshName,
  type MakeBackend,
  receiveOne,
} from "./harness.ts";

/** What a kill leaves behind. Each test has a backend of its own, which it opens twice. */
export function reopenContract(makeBackend: MakeBackend): void {
  describe("opened again", () => {
    const opened: ContractBackend[] = [];
    afterEach(async () => {
      for (const backend of opened.splice(0)) await backend.close();
    });

    it("all records are still there", async (test) => {
      const before = await makeBackend();
      opened.push(before);
      if (before.reopen === undefined) return test.skip("forgets what it holds");
      const run = aRun({ name: freshName() });
      const { root } = run;
      const timer = aTimer({ id: `${run.name}/timer` });
      const running = aState({ id: root.id });
      const batches = [1, 2].map((index) => aBatch({ action: root.id, index, prevEpoch: index - 1 }));
      const entries = ["r/c1", "r/c2", "r/c3"].map((child) => anEntry({ child }));
      await before.store.createRun(run);
      await before.store.putSpecs([root, timer]);
      await before.store.writeState(running, null);
      for (const batch of batches) await before.store.appendJournal(batch);
      await before.store.appendMailbox(root.id, 0, entries);
      await before.blobs.put(`${run.name}/blob`, someBytes(300_000));

      const { store, blobs, catalog, clock } = await reopened(before, opened);
      expectSame(await store.createRun({ ...run, task: "orders.other" }), { created: false, run });
      expectSame(await store.readRun(run.name), run);
      for (const spec of [root, timer]) expectSame(await store.readSpec(spec.id), spec);
      expectSame(await store.listChildren(root.id), [{ spec: timer, status: null }]);
      expectSame(await store.readStates([root.id]), [running]);
      const journal = (await store.readJournal(root.id)).toSorted((a, b) => a.index - b.index);
      expectSame(journal, batches);
      expect(await store.mailboxEnd(root.id)).toBe(3);
      expectSame(await store.readMailbox(root.id, 0, 0), entries);
      expectSame(await blobs.get(`${run.name}/blob`), someBytes(300_000));
      await eventually(clock, async () =>
        expect((await catalog.summarize(run.name)).actions.running).toBe(1),
      );
    });

    it("writes go on where they were", async (test) => {
      const before = await makeBackend();
      opened.push(before);
      if (before.reopen === undefined) return test.skip("forgets what it holds");
      const running = aState({ id: `${freshName()}/a0` });
      await before.store.writeState(running, null);
      await before.store.appendMailbox(running.id, 0, [anEntry()]);

      const { store } = await reopened(before, opened);
      expectSame(await store.writeState(running, null), { ok: false, current: running });
      expectSame(await store.writeState(anEnd(running), 1), { ok: true });
      expect(await store.appendMailbox(running.id, 0, [anEntry()])).toBe(false);
      expect(await store.appendMailbox(running.id, 1, [anEntry()])).toBe(true);
    });

    it("every action that has not ended has a message, a running one that under which it runs", async (test) => {
      const before = await makeBackend();
      opened.push(before);
      if (before.reopen === undefined) return test.skip("forgets what it holds");
      const environment = freshName("env");
      const run = freshName();
      const locals = ["running", "a0", "unclaimed", "suspended", "queued", "ended"];
      const specs = locals.map((local) =>
        aSpec({ id: `${run}/${local}`, parent: local === "a0" ? null : `${run}/a0`, environment }),
      );
      const messages = specs.map((spec) => ({ queue: environment, message: aMessage(spec), delayMs: 0 }));
      await before.store.putSpecs(specs);
      await before.queue.send(messages.slice(0, 1));
      const { messageId: owner } = await receiveOne(before, environment);
      await before.queue.send(messages.slice(1));
      await writeStates(before, run, { environment, owner });

      const after = await reopened(before, opened);
      const awaited = specs.filter((spec) => spec.id !== `${run}/ended`);
      const deliveries = await expectMessages(after, environment, awaited, "run");
      expect(deliveries.get(`${run}/running`)?.messageId).toBe(owner);
    });

    it("a timer that has not fired has a message on the service queue", async (test) => {
      const before = await makeBackend();
      opened.push(before);
      if (before.reopen === undefined) return test.skip("forgets what it holds");
      const run = freshName();
      const nowMs = before.clock.nowMs();
      const due = aTimer({ id: `${run}/due`, createdMs: nowMs, fireAtMs: nowMs + 1 });
      const soon = aTimer({ id: `${run}/soon`, createdMs: nowMs, fireAtMs: nowMs + 400 });
      await before.store.putSpecs([aSpec({ id: `${run}/a0`, createdMs: nowMs }), due, soon]);
      await before.store.writeState(aState({ id: `${run}/a0`, status: "suspended", owner: null }), null);
      await before.queue.send(
        [due, soon].map((spec) => ({
          queue: SERVICE_QUEUE,
          message: { kind: "timer", action: spec.id, spec },
          delayMs: Math.max((spec.fireAtMs ?? 0) - before.clock.nowMs(), 0),
        })),
      );

      const after = await reopened(before, opened);
      await expectMessages(after, SERVICE_QUEUE, [due, soon], "timer");
    });

    it("an end that nobody was told of, or whose handler had not finished, is told", async (test) => {
      const before = await makeBackend();
      opened.push(before);
      if (before.reopen === undefined) return test.skip("forgets what it holds");
      const run = freshName();
      const end = async (local: string): Promise<void> => {
        const running = aState({ id: `${run}/${local}`, parent: `${run}/a0` });
        await before.store.writeState(running, null);
        await before.store.writeState(anEnd(running), 1);
      };
      const begun: string[] = [];
      const stopBefore = new AbortController();
      before.changes.follow((ended) => {
        begun.push(...ended.map((state) => state.id));
        return new Promise(() => {});
      }, stopBefore.signal);
      await end("begun");
      await eventually(before.clock, () => expect(begun).toContain(`${run}/begun`));
      await end("untold");

      const { changes, clock } = await reopened(before, opened);
      stopBefore.abort();
      const told: string[] = [];
      const stop = new AbortController();
      changes.follow(async (ended) => {
        told.push(...ended.map((state) => state.id));
      }, stop.signal);
      await eventually(clock, () => {
        expect(told).toContain(`${run}/begun`);
        expect(told).toContain(`${run}/untold`);
      });
      stop.abort();
    });
  });
}

async function reopened(before: ContractBackend, opened: ContractBackend[]): Promise<ContractBackend> {
  const after = await before.reopen?.();
  if (after === undefined) throw new Error("The backend was not opened again.");
  opened.splice(opened.indexOf(before), 1, after);
  return after;
}

/** One action in each status that its name says; `unclaimed` has no state. */
async function writeStates(
  { store, clock }: ContractBackend,
  run: string,
  common: { readonly environment: string; readonly owner: string },
): Promise<void> {
  const first = (local: string, change: Partial<ActionState> = {}) =>
    aState({ id: `${run}/${local}`, parent: local === "a0" ? null : `${run}/a0`, ...common, ...change });
  const idle = { owner: null, claim: null, readyMs: clock.nowMs() };
  await store.writeState(first("a0", { ...idle, status: "suspended", spawned: true }), null);
  await store.writeState(first("running"), null);
  await store.writeState(first("suspended", { ...idle, status: "suspended" }), null);
  await store.writeState(first("queued", { ...idle, status: "queued", attempt: 2 }), null);
  await store.writeState(first("ended"), null);
  await store.writeState(anEnd(first("ended")), 1);
}

/**
 * Receives until there was a message of the kind for each of the specs, and gives these by action. Others may come too, and
 * a message may leave its spec out.
 */
async function expectMessages(
  { queue, clock }: ContractBackend,
  name: string,
  specs: readonly ActionSpec[],
  kind: Message["kind"],
): Promise<ReadonlyMap<string, Delivery>> {
  const found = new Map<string, Delivery>();
  const missing = new Map(specs.map((spec) => [spec.id, spec]));
  const deadlineMs = clock.nowMs() + answerMsMax;
  while (missing.size > 0 && clock.nowMs() < deadlineMs) {
    for (const delivery of await queue.receive(name, 10, deadlineMs - clock.nowMs())) {
      const { message } = delivery;
      const spec = missing.get(message.action);
      if (message.kind === kind && spec !== undefined) {
        if (message.spec !== null) expectSame(message.spec, spec);
        missing.delete(message.action);
        found.set(message.action, delivery);
      }
      await queue.remove([delivery]);
    }
  }
  expect([...missing.keys()]).toEqual([]);
  return found;
}
