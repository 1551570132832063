import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { watchHeartbeat } from "../../sdk/backends/local/lease-heartbeat.ts";
import { LeaseBlock } from "../../sdk/backends/local/lease-table.ts";
import { LeaseWatch } from "../../sdk/backends/local/lease-watch.ts";
import { tieLeases } from "../../sdk/backends/local/replica-process-deliveries.ts";
import type { Delivery, Leases } from "../../sdk/ports.ts";
import { aLocalBackend, sendMessages } from "../support/local-processes.ts";

describe("the watch over held deliveries", () => {
  it("takes one to hang when the grace has passed since it was first seen over its time", () => {
    const block = new LeaseBlock();
    const watch = new LeaseWatch(2_000);
    block.hold(3, "receipt-1", 10_000);
    expect(watch.look([block], 9_999, 0)).toBeNull();
    expect(watch.look([block], 10_000, 1)).toBeNull();
    expect(watch.look([block], 11_999, 2_000)).toBeNull();
    expect(watch.look([block], 12_000, 2_001)).toBe("receipt-1");
  });

  it("gives the grace anew after the machine has slept over the time", () => {
    const block = new LeaseBlock();
    const watch = new LeaseWatch(2_000);
    block.hold(0, "receipt-1", 10_000);
    expect(watch.look([block], 9_000, 9_000)).toBeNull();
    expect(watch.look([block], 9_000_000, 9_500)).toBeNull();
    block.free(0);
    expect(watch.look([block], 9_002_500, 12_000)).toBeNull();
  });

  it("does not count the time of one delivery against the next one in its slot", () => {
    const block = new LeaseBlock();
    const watch = new LeaseWatch(2_000);
    block.hold(0, "receipt-1", 10_000);
    expect(watch.look([block], 10_000, 0)).toBeNull();
    block.free(0);
    block.hold(0, "receipt-2", 10_000);
    expect(watch.look([block], 12_000, 2_000)).toBeNull();
    expect(watch.look([block], 14_000, 4_000)).toBe("receipt-2");
  });

  it("sees what the other thread wrote into the same memory, in every block", () => {
    const [first, second] = [new LeaseBlock(), new LeaseBlock()];
    second.hold(255, "quittung-ü", 1);
    const shared = [new LeaseBlock(first.memory), new LeaseBlock(second.memory)];
    const watch = new LeaseWatch(0);
    watch.look(shared, 1, 1);
    expect(watch.look(shared, 1, 1)).toBe("quittung-ü");
  });

  it("a receipt that does not fit is a broken invariant", () => {
    expect(() => new LeaseBlock().hold(0, "x".repeat(241), 1)).toThrow(
      /Broken invariant: a receipt of 241 bytes/,
    );
  });
});

describe("a heartbeat pipe", () => {
  it("tells beats from hung deliveries, however the stream is cut, and ignores what else is written there", async () => {
    const pipe = new PassThrough();
    const heard: string[] = [];
    watchHeartbeat(pipe, { onBeat: () => heard.push("beat"), onHung: (receipt) => heard.push(receipt) });
    for (const piece of ["\n", "\nhu", "ng rec", "eipt-1\n", "noise\n\n"]) pipe.write(piece);
    pipe.end();
    await new Promise((resolve) => pipe.on("close", resolve));
    expect(heard).toEqual(["beat", "beat", "receipt-1", "beat"]);
  });
});

describe("the leases of a replica", () => {
  const noThread: Leases = { hold: () => undefined, drop: () => undefined };

  async function receiveOne() {
    const { queue } = aLocalBackend();
    const tied = tieLeases(queue.forOwner("replica-1"), noThread);
    await sendMessages({ queue }, "work", 1);
    const [delivery] = await tied.queue.receive("work", 1, 0);
    tied.leases.hold(delivery as Delivery, null);
    return { queue, tied, delivery: delivery as Delivery };
  }

  it("a delivery that is dropped before anything became of it is given back", async () => {
    const { queue, tied, delivery } = await receiveOne();
    expect(queue.heldBy("replica-1")).toBe(1);
    tied.leases.drop(delivery);
    expect(queue.heldBy("replica-1")).toBe(0);
  });

  it("a delivery that was released is not released again when it is dropped", async () => {
    const { queue, tied, delivery } = await receiveOne();
    await tied.queue.release(delivery, 0);
    tied.leases.drop(delivery);
    expect(queue.depth("work")).toBe(1);
  });
});
