import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DueHeap } from "../../sdk/backends/memory/due-heap.ts";
import { VirtualClock } from "../../sdk/backends/memory/virtual-clock.ts";

describe("virtual clock", () => {
  it("time stands still until it is moved", async () => {
    const clock = new VirtualClock(1_000);
    let isOver = false;
    void clock.wait(1).then(() => {
      isOver = true;
    });
    await clock.settle();
    expect([clock.nowMs(), isOver]).toEqual([1_000, false]);
    await clock.advance(1);
    expect([clock.nowMs(), isOver]).toEqual([1_001, true]);
  });

  it("everybody who is due on the way is woken at their own time, in the order in which they are due", async () => {
    const clock = new VirtualClock(0);
    const seen: [string, number][] = [];
    const waitAs = async (name: string, ms: number): Promise<void> => {
      await clock.wait(ms);
      seen.push([name, clock.nowMs()]);
      if (name === "first") await waitAs("next", 5);
    };
    for (const [name, ms] of [
      ["last", 30],
      ["first", 10],
      ["twin", 10],
      ["beyond", 31],
    ] as const) {
      void waitAs(name, ms);
    }
    await clock.advance(30);
    expect(seen).toEqual([
      ["first", 10],
      ["twin", 10],
      ["next", 15],
      ["last", 30],
    ]);
    expect([clock.nowMs(), clock.nextDueMs()]).toEqual([30, 31]);
  });

  it("a wait ends at once when its signal aborts, and is then not waited for", async () => {
    const clock = new VirtualClock(0);
    const stop = new AbortController();
    const waiting = clock.wait(1_000, stop.signal);
    stop.abort();
    await waiting;
    await clock.wait(1_000, stop.signal);
    expect([clock.nowMs(), clock.nextDueMs(), clock.step()]).toEqual([0, null, false]);
  });

  it("a wait without end ends when its signal aborts", async () => {
    const clock = new VirtualClock(0);
    const stop = new AbortController();
    const waiting = clock.wait(Number.POSITIVE_INFINITY, stop.signal);
    expect(clock.nextDueMs()).toBeNull();
    stop.abort();
    await waiting;
  });

  it("running until something ends moves the time as far as it needs", async () => {
    const clock = new VirtualClock(0);
    const work = async (): Promise<string> => {
      for (let day = 0; day < 30; day++) await clock.wait(86_400_000);
      return "a month later";
    };
    expect(await clock.runUntil(work())).toBe("a month later");
    expect(clock.nowMs()).toBe(30 * 86_400_000);
  });

  it("running until something fails rejects as it does", async () => {
    const clock = new VirtualClock();
    const work = clock.wait(10).then(() => Promise.reject(new RangeError("no")));
    await expect(clock.runUntil(work)).rejects.toThrow(new RangeError("no"));
  });

  it("running until something that nothing will end is refused", async () => {
    const clock = new VirtualClock();
    await expect(clock.runUntil(new Promise(() => {}))).rejects.toThrow("nothing waits on the clock");
  });

  it("running beyond the limit is refused, and the time stays within it", async () => {
    const clock = new VirtualClock(0);
    const endless = async (): Promise<void> => {
      for (;;) await clock.wait(400);
    };
    await expect(clock.runUntil(endless(), 1_000)).rejects.toThrow("after 1000 ms");
    expect(clock.nowMs()).toBe(800);
  });

  it.each([
    ["ordinary code", (run: () => void) => setImmediate(run)],
    ["a promise reaction", (run: () => void) => void Promise.resolve().then(run)],
    ["a tick", (run: () => void) => process.nextTick(run)],
  ])(
    "afterTurn asked for in %s calls back after all promise reactions that this leads to",
    async (_, begin) => {
      const clock = new VirtualClock();
      const seen: string[] = [];
      await new Promise<void>((resolve) => {
        begin(() => {
          clock.afterTurn(() => {
            seen.push("after the turn");
            resolve();
          });
          void (async () => {
            for (let n = 0; n < 20; n++) await null;
            seen.push("reactions");
          })();
        });
      });
      expect(seen).toEqual(["reactions", "after the turn"]);
    },
  );
});

describe("due heap", () => {
  it("gives items back by due time, and those of one time in order of arrival", () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 20 }), { maxLength: 200 }), (times) => {
        const heap = new DueHeap<number>();
        for (const [n, atMs] of times.entries()) heap.push(atMs, n);
        const taken: [number, number][] = [];
        for (let first = heap.first; first !== null; first = heap.first) {
          taken.push([first.atMs, first.item]);
          heap.dropFirst();
        }
        const expected = times.map((atMs, n): [number, number] => [atMs, n]);
        expect(taken).toEqual(expected.toSorted(([a, m], [b, n]) => a - b || m - n));
      }),
    );
  });
});
