import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Slots } from "../../sdk/engine/slots.ts";

const never = new AbortController().signal;

/** Waits, and notes under `name` when it got what it waited for. */
async function note(waiting: Promise<void>, name: string, log: string[]): Promise<void> {
  await waiting;
  log.push(name);
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("Slots", () => {
  it("serves those who come back in their order, before any new action", async () => {
    const slots = new Slots(1);
    slots.take();
    const log: string[] = [];
    void note(slots.whenFree(never), "new", log);
    void note(slots.retake(), "first", log);
    void note(slots.retake(), "second", log);
    for (let n = 0; n < 3; n += 1) {
      slots.give();
      await settled();
    }
    expect(log).toEqual(["first", "second", "new"]);
  });

  it("gives a free place at once", async () => {
    const slots = new Slots(2);
    slots.take();
    await slots.whenFree(never);
    await slots.retake();
    expect(slots.free).toBe(0);
  });

  it("ends a wait for a place when its signal aborts", async () => {
    const slots = new Slots(1);
    slots.take();
    const stop = new AbortController();
    const waiting = slots.whenFree(stop.signal);
    stop.abort();
    await waiting;
    expect(slots.free).toBe(0);
  });

  it("never has more places taken than there are, and none is lost", async () => {
    const acts = fc.array(fc.constantFrom("take", "give", "retake"), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), acts, async (total, sequence) => {
        const slots = new Slots(total);
        let holders = 0;
        let waiting = 0;
        for (const act of sequence) {
          if (act === "give" && holders > 0) {
            holders -= 1;
            slots.give();
          } else if (act === "take" && slots.free > 0) {
            slots.take();
            holders += 1;
          } else if (act === "retake") {
            waiting += 1;
            void slots.retake().then(() => {
              waiting -= 1;
              holders += 1;
            });
          }
          await settled();
          expect(holders + slots.free).toBe(total);
          expect(slots.free === 0 || waiting === 0).toBe(true);
        }
      }),
      { numRuns: 50 },
    );
  });
});
