import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../sdk/backends/memory/virtual-clock.ts";
import { Parking } from "../../sdk/engine/parking.ts";
import { Slots } from "../../sdk/engine/slots.ts";

const lingerMs = 1_000;

/** An execution in the only slot of its worker. */
function setUp() {
  const clock = new VirtualClock();
  const slots = new Slots(1);
  slots.take();
  const rests: number[] = [];
  const parking = new Parking(slots, clock, lingerMs, () => rests.push(clock.nowMs()));
  return { clock, slots, parking, rests, startMs: clock.nowMs() };
}

describe("Parking", () => {
  it("gives the slot up at once, and says after the linger time that the rest is long", async () => {
    const { clock, slots, parking, rests, startMs } = setUp();
    parking.park();
    expect([parking.hasSlot, slots.free]).toEqual([false, 1]);
    await clock.advance(lingerMs - 1);
    expect(rests).toEqual([]);
    await clock.advance(1);
    expect(rests).toEqual([startMs + lingerMs]);
  });

  it("counts from the first of several calls", async () => {
    const { clock, slots, parking, rests, startMs } = setUp();
    parking.park();
    await clock.advance(600);
    parking.park();
    await clock.advance(600);
    expect(rests).toEqual([startMs + lingerMs]);
    expect(slots.free).toBe(1);
  });

  it("takes the slot again, and the rest is forgotten", async () => {
    const { clock, slots, parking, rests } = setUp();
    parking.park();
    await parking.unpark();
    expect([parking.hasSlot, slots.free]).toEqual([true, 0]);
    await clock.advance(10 * lingerMs);
    expect(rests).toEqual([]);
  });

  it("waits for a slot that another action has, and asks for one only, however often it is told to", async () => {
    const { clock, slots, parking } = setUp();
    parking.park();
    slots.take();
    const back = Promise.all([parking.unpark(), parking.unpark()]);
    await clock.settle();
    expect(parking.hasSlot).toBe(false);
    slots.give();
    await back;
    expect([parking.hasSlot, slots.free]).toEqual([true, 0]);
  });

  it.each<[string, (parts: ReturnType<typeof setUp>) => Promise<void> | void]>([
    ["running", () => {}],
    ["parked", ({ parking }) => parking.park()],
    [
      "on its way back",
      ({ parking, slots }) => {
        parking.park();
        slots.take();
        void parking.unpark();
      },
    ],
  ])("an execution that ends while it is %s leaves no slot taken", async (where, bring) => {
    const parts = setUp();
    await bring(parts);
    parts.parking.leave();
    if (where === "on its way back") parts.slots.give();
    await parts.clock.advance(2 * lingerMs);
    expect(parts.slots.free).toBe(1);
    expect(parts.rests).toEqual([]);
  });
});
