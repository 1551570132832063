import { describe, expect, it } from "vitest";
import { aMessage, aSpec } from "../support/records.ts";
import { expectElapsed, freshName, type Provide, receiveOne } from "./harness.ts";

/** For backends whose leases work in the process of the test; those that kill their process are tested with it. */
export function leasesContract(provide: Provide): void {
  describe("leases", () => {
    it("a delivery that is held comes to nobody else for many leases, and comes back once it is dropped", async (test) => {
      const backend = provide();
      const { leases, queue, clock, leaseMs } = backend;
      if (leases === undefined) return test.skip("has none in this process");
      const hold = async (): Promise<number> => {
        const name = freshName();
        await queue.send([{ queue: name, message: aMessage(aSpec({ id: `${name}/a0` })), delayMs: 0 }]);
        const delivery = await receiveOne(backend, name);
        leases.hold(delivery, null);
        const heldMs = clock.nowMs();
        const receiving = receiveOne(backend, name).then((again) => ({
          again,
          afterMs: clock.nowMs() - heldMs,
        }));
        await clock.wait(4 * leaseMs);
        leases.drop(delivery);
        const { again, afterMs } = await receiving;
        expect(again.messageId).toBe(delivery.messageId);
        return afterMs;
      };
      // A machine that stands still for a whole lease loses it rightly; one that does so five times is not believed.
      let afterMs = 0;
      for (let triesLeft = 5; triesLeft > 0 && afterMs < 4 * leaseMs; triesLeft--) afterMs = await hold();
      expectElapsed(afterMs, 4 * leaseMs);
    });

    it("a delivery that is removed while it is held is gone", async (test) => {
      const backend = provide();
      const { leases, queue, leaseMs } = backend;
      if (leases === undefined) return test.skip("has none in this process");
      const name = freshName();
      await queue.send([{ queue: name, message: aMessage(aSpec({ id: `${name}/a0` })), delayMs: 0 }]);
      const delivery = await receiveOne(backend, name);
      leases.hold(delivery, null);
      await queue.remove([delivery]);
      leases.drop(delivery);
      leases.drop(delivery);
      expect(await queue.receive(name, 10, 2 * leaseMs)).toEqual([]);
    });
  });
}
