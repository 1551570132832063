import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../sdk/backends/memory/virtual-clock.ts";
import { StallWatch } from "../../sdk/engine/stall-watch.ts";

function setUp() {
  const clock = new VirtualClock(0);
  const stalls: [number, string, string][] = [];
  const watch = new StallWatch(clock, (missing, asked) => stalls.push([clock.nowMs(), missing, asked]));
  return { clock, watch, stalls };
}

describe("StallWatch", () => {
  it("is sure after a second when the code has asked for something else", async () => {
    const { clock, watch, stalls } = setUp();
    watch.watch("trace a", "trace b");
    await clock.advance(999);
    expect(stalls).toEqual([]);
    await clock.advance(1);
    expect(stalls).toEqual([[1_000, "trace a", "trace b"]]);
  });

  it("gives code that asks for nothing a minute", async () => {
    const { clock, watch, stalls } = setUp();
    watch.watch("trace a", null);
    await clock.advance(3_600_000);
    expect(stalls).toEqual([[60_000, "trace a", "nothing"]]);
  });

  it("does not begin to count anew when told the same again", async () => {
    const { clock, watch, stalls } = setUp();
    watch.watch("trace a", "trace b");
    await clock.advance(800);
    watch.watch("trace a", "trace c");
    await clock.advance(800);
    expect(stalls).toEqual([[1_000, "trace a", "trace b"]]);
  });

  it("counts anew when the code asks for something else after all, or something else is missing", async () => {
    const { clock, watch, stalls } = setUp();
    watch.watch("trace a", null);
    await clock.advance(50_000);
    watch.watch("trace a", "trace b");
    await clock.advance(500);
    watch.watch("trace c", "trace b");
    await clock.advance(3_600_000);
    expect(stalls).toEqual([[51_500, "trace c", "trace b"]]);
  });

  it("says nothing once the code has gone on", async () => {
    const { clock, watch, stalls } = setUp();
    watch.watch("trace a", "trace b");
    watch.clear();
    await clock.advance(3_600_000);
    expect(stalls).toEqual([]);
  });
});
