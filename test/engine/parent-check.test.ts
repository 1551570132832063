import { describe, expect, it } from "vitest";
import { ParentCheck } from "../../sdk/engine/parent-check.ts";
import { anEnd, aSpec, aState } from "../support/records.ts";
import { aWorld, behind } from "./world.ts";

const aChild = (name: string, parent = "a-run/a0") => aSpec({ id: `a-run/${name}`, parent });

function setUp() {
  const world = aWorld();
  const reads: string[] = [];
  const counted = behind(world, {
    before: (request) => {
      reads.push(request);
    },
  });
  return { world, reads, check: new ParentCheck(counted) };
}

describe("ParentCheck", () => {
  it("a root action has no parent that could have ended", async () => {
    const { check, reads } = setUp();
    expect(await check.isEnded(aSpec())).toBe(false);
    expect(reads).toEqual([]);
  });

  it("tells whether the parent has ended, as it is stored", async () => {
    const { check, world } = setUp();
    expect(await check.isEnded(aChild("one"))).toBe(false);
    await world.store.writeState(aState(), null);
    await world.clock.settle();
    expect(await check.isEnded(aChild("one"))).toBe(false);
    await world.store.writeState(anEnd(aState()), 1);
    await world.clock.settle();
    expect(await check.isEnded(aChild("one"))).toBe(true);
  });

  it("asks once for all children of one parent that come in one turn", async () => {
    const { check, reads } = setUp();
    await Promise.all([
      check.isEnded(aChild("one")),
      check.isEnded(aChild("two")),
      check.isEnded(aChild("three", "a-run/other")),
    ]);
    expect(reads).toEqual(["store.readStates", "store.readStates"]);
  });
});
