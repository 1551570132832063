import { describe, expect, it } from "vitest";
import { aMessage, aSpec, inline, someBytes } from "../support/records.ts";
import {
  type ContractBackend,
  expectElapsed,
  expectEndedEarly,
  expectPassed,
  expectSame,
  freshName,
  longWaitMs,
  type Provide,
  receiveOne,
  upTo,
  withinLease,
} from "./harness.ts";

export function queueContract(provide: Provide): void {
  describe("queue", () => {
    it("a queue is there as soon as it is named", async () => {
      expect(await provide().queue.receive(freshName(), 10, 0)).toEqual([]);
    });

    it("a message is delivered in every field and byte", async () => {
      const backend = provide();
      const queue = freshName();
      const spec = aSpec({
        id: `${queue}/child`,
        parent: `${queue}/a0`,
        group: "erste Hälfte 🚚",
        input: inline(2_000),
        asked: { attempt: 1, index: 2, epoch: 3, at: 4 },
      });
      await backend.queue.send([{ queue, message: aMessage(spec), delayMs: 0 }]);
      const delivery = await receiveOne(backend, queue);
      expect(delivery.queue).toBe(queue);
      expectSame(delivery.message, { kind: "run", action: spec.id, spec });
    });

    it.each(["run", "timer", "expire"] as const)("a %s message may come without its spec", async (kind) => {
      const backend = provide();
      const queue = freshName();
      const message = { kind, action: `${queue}/a0`, spec: null };
      await backend.queue.send([{ queue, message, delayMs: 0 }]);
      expectSame((await receiveOne(backend, queue)).message, message);
    });

    it("what a sender does to its bytes afterwards changes no message", async () => {
      const backend = provide();
      const queue = freshName();
      const bytes = someBytes(32);
      const spec = aSpec({ id: `${queue}/a0`, input: { kind: "inline", bytes } });
      await backend.queue.send([{ queue, message: aMessage(spec), delayMs: 0 }]);
      bytes.fill(0);
      expectSame((await receiveOne(backend, queue)).message.spec?.input, inline(32));
    });

    it("sending and removing nothing is harmless", async () => {
      const { queue } = provide();
      await queue.send([]);
      await queue.remove([]);
    });

    it("a message goes to its own queue", async () => {
      const backend = provide();
      const [one, other] = [freshName(), freshName()];
      await backend.queue.send(
        [one, other].map((queue) => ({ queue, message: namedMessage(queue), delayMs: 0 })),
      );
      expect((await receiveOne(backend, other)).message.action).toBe(namedMessage(other).action);
      expect((await receiveOne(backend, one)).message.action).toBe(namedMessage(one).action);
    });

    it("equal messages are different messages", async () => {
      const backend = provide();
      const queue = freshName();
      await backend.queue.send(upTo(2).map(() => ({ queue, message: namedMessage(queue), delayMs: 0 })));
      const ids = await withinLease(backend, async () => {
        const deliveries = [await receiveOne(backend, queue), await receiveOne(backend, queue)];
        return new Set(deliveries.map((delivery) => delivery.messageId));
      });
      expect(ids.size).toBe(2);
    });

    it("a message is hidden while it is leased, then comes back as the same one by another receipt", async () => {
      const backend = provide();
      const { clock, leaseMs } = backend;
      const queue = await queueWithOne(backend);
      const startedMs = clock.nowMs();
      const first = await receiveOne(backend, queue);
      const second = await receiveOne(backend, queue);
      expectPassed(clock, startedMs, leaseMs);
      const third = await receiveOne(backend, queue);
      expectPassed(clock, startedMs, 2 * leaseMs);
      expect([second.messageId, third.messageId]).toEqual([first.messageId, first.messageId]);
      expect(new Set([first.receipt, second.receipt, third.receipt]).size).toBe(3);
      expectSame(third.message, first.message);
    });

    it("a removed message never comes back", async () => {
      const backend = provide();
      const queue = await withinLease(backend, async () => {
        const name = await queueWithOne(backend);
        const delivery = await receiveOne(backend, name);
        await backend.queue.remove([delivery]);
        await backend.queue.remove([delivery]);
        return name;
      });
      expect(await backend.queue.receive(queue, 10, 2 * backend.leaseMs)).toEqual([]);
    });

    it("a removed message cannot be given back", async () => {
      const backend = provide();
      const queue = await withinLease(backend, async () => {
        const name = await queueWithOne(backend);
        const delivery = await receiveOne(backend, name);
        await backend.queue.remove([delivery]);
        await backend.queue.release(delivery, 0);
        return name;
      });
      expect(await backend.queue.receive(queue, 10, 2 * backend.leaseMs)).toEqual([]);
    });

    it("a lapsed receipt neither removes nor gives back what somebody else holds", async () => {
      const backend = provide();
      const { queue, clock, leaseMs } = backend;
      const name = await queueWithOne(backend);
      const startedMs = clock.nowMs();
      const lapsed = await receiveOne(backend, name);
      await receiveOne(backend, name);
      await queue.release(lapsed, 0);
      await queue.remove([lapsed]);
      const again = await receiveOne(backend, name);
      expect(again.messageId).toBe(lapsed.messageId);
      expectPassed(clock, startedMs, 2 * leaseMs);
    });

    it("a message that is given back comes again at once, as the same one by another receipt", async () => {
      const backend = provide();
      const { queue, leaseMs } = backend;
      const { first, again } = await withinLease(backend, async () => {
        const name = await queueWithOne(backend);
        const delivery = await receiveOne(backend, name);
        await queue.release(delivery, 0);
        return { first: delivery, again: await queue.receive(name, 1, leaseMs / 2) };
      });
      expect(again.map((delivery) => delivery.messageId)).toEqual([first.messageId]);
      expect(again[0]?.receipt).not.toBe(first.receipt);
    });

    it("a message that is given back with a delay comes when that is over", async () => {
      const backend = provide();
      const { clock, leaseMs } = backend;
      const { queue, startedMs } = await withinLease(backend, async () => {
        const name = await queueWithOne(backend);
        const delivery = await receiveOne(backend, name);
        const releasedMs = clock.nowMs();
        await backend.queue.release(delivery, 2 * leaseMs);
        return { queue: name, startedMs: releasedMs };
      });
      await receiveOne(backend, queue);
      expectPassed(clock, startedMs, 2 * leaseMs);
    });

    it("a delayed message comes when its delay is over, after one that has none", async () => {
      const backend = provide();
      const { queue, clock } = backend;
      const name = freshName();
      const startedMs = clock.nowMs();
      await queue.send([
        { queue: name, message: { kind: "run", action: `${name}/delayed`, spec: null }, delayMs: 250 },
        { queue: name, message: { kind: "run", action: `${name}/prompt`, spec: null }, delayMs: 0 },
      ]);
      const prompt = await receiveOne(backend, name);
      await queue.remove([prompt]);
      const delayed = await receiveOne(backend, name);
      expectPassed(clock, startedMs, 250);
      expect([prompt.message.action, delayed.message.action]).toEqual([`${name}/prompt`, `${name}/delayed`]);
    });

    it("a receiver takes at most as many as it asks for", async () => {
      const backend = provide();
      const queue = freshName();
      await backend.queue.send(upTo(12).map(() => ({ queue, message: namedMessage(queue), delayMs: 0 })));
      for (const max of [1, 3, 10]) {
        const deliveries = await backend.queue.receive(queue, max, longWaitMs);
        expect(deliveries.length).toBeGreaterThanOrEqual(1);
        expect(deliveries.length).toBeLessThanOrEqual(max);
      }
    });

    it("a receiver that waits gets what is sent meanwhile", async () => {
      const { queue, clock } = provide();
      const startedMs = clock.nowMs();
      const name = freshName();
      const receiving = queue.receive(name, 10, longWaitMs);
      await clock.wait(30);
      await queue.send([{ queue: name, message: namedMessage(name), delayMs: 0 }]);
      expect((await receiving).map((delivery) => delivery.message.action)).toEqual([
        namedMessage(name).action,
      ]);
      expectEndedEarly(clock, startedMs);
    });

    it("a receiver that waits gets what becomes due meanwhile", async () => {
      const { queue, clock } = provide();
      const startedMs = clock.nowMs();
      const name = freshName();
      const receiving = queue.receive(name, 10, longWaitMs);
      await clock.wait(30);
      await queue.send([{ queue: name, message: namedMessage(name), delayMs: 60 }]);
      expect(await receiving).toHaveLength(1);
      expectEndedEarly(clock, startedMs);
    });

    it("a receiver that waits in vain is answered nothing when its time is over", async () => {
      const { queue, clock } = provide();
      const startedMs = clock.nowMs();
      expect(await queue.receive(freshName(), 10, 120)).toEqual([]);
      expectPassed(clock, startedMs, 120);
    });

    it("an aborted signal ends the wait of a receiver", async () => {
      const { queue, clock } = provide();
      const startedMs = clock.nowMs();
      const stop = new AbortController();
      const receiving = queue.receive(freshName(), 10, longWaitMs, stop.signal);
      await clock.wait(30);
      stop.abort();
      expect(await receiving).toEqual([]);
      expect(await queue.receive(freshName(), 10, longWaitMs, stop.signal)).toEqual([]);
      expectEndedEarly(clock, startedMs);
    });

    it("five receivers get 200 messages, none lost and none twice while its lease holds", async () => {
      const backend = provide();
      const name = freshName();
      const actions = upTo(200).map((n) => `${name}/c${n}`);
      await backend.queue.send(
        actions.map((action) => ({ queue: name, message: { kind: "run", action, spec: null }, delayMs: 0 })),
      );
      const receipts = await drain(backend, name, { receivers: 5, messages: 200 });
      expect([...receipts.values()].map((receipt) => receipt.action).toSorted()).toEqual(actions.toSorted());
      for (const { times } of receipts.values()) {
        for (const [n, time] of times.slice(1).entries()) {
          expectElapsed(time.endMs - (times[n]?.startMs ?? 0), backend.leaseMs);
        }
      }
    });
  });
}

interface Receipts {
  readonly action: string;
  /** When each receive that delivered it was called and answered. */
  readonly times: { readonly startMs: number; readonly endMs: number }[];
}

/** Receives and removes until that many different messages are gone; what came, by message id. */
async function drain(
  { queue, clock }: ContractBackend,
  name: string,
  size: { readonly receivers: number; readonly messages: number },
): Promise<ReadonlyMap<string, Receipts>> {
  const receipts = new Map<string, Receipts>();
  const done = new AbortController();
  const receiveAll = async (): Promise<void> => {
    while (!done.signal.aborted) {
      const startMs = clock.nowMs();
      const deliveries = await queue.receive(name, 7, longWaitMs, done.signal);
      const endMs = clock.nowMs();
      for (const { messageId, message } of deliveries) {
        const known = receipts.get(messageId) ?? { action: message.action, times: [] };
        known.times.push({ startMs, endMs });
        receipts.set(messageId, known);
      }
      await queue.remove(deliveries);
      if (receipts.size === size.messages) done.abort();
    }
  };
  await Promise.all(upTo(size.receivers).map(receiveAll));
  return receipts;
}

function namedMessage(queue: string) {
  return { kind: "run", action: `${queue}/a0`, spec: null } as const;
}

async function queueWithOne({ queue }: ContractBackend): Promise<string> {
  const name = freshName();
  await queue.send([{ queue: name, message: aMessage(aSpec({ id: `${name}/a0` })), delayMs: 0 }]);
  return name;
}
