import { describe, expect, it } from "vitest";
import { keptSeeds } from "./kept-seeds.ts";
import { simulate } from "./simulate.ts";

const chunkSeeds = 100;

describe("a simulated cluster", () => {
  for (let from = 1; from <= 500; from += chunkSeeds) {
    it(`keeps all promises under the faults of seeds ${from} to ${from + chunkSeeds - 1}`, async () => {
      for (let seed = from; seed < from + chunkSeeds; seed += 1) expect(await violationsOf(seed)).toEqual([]);
    });
  }

  for (const { seed, why } of keptSeeds) {
    it(`keeps all promises under seed ${seed}: ${why}`, async () => {
      expect(await violationsOf(seed)).toEqual([]);
    });
  }

  it("does exactly the same again for the same seed", async () => {
    for (const seed of [3, 17, 42, 99, 250]) {
      const [first, second] = [await simulate(seed), await simulate(seed)];
      expect(second.eventHash).toBe(first.eventHash);
    }
  });

  it("does something else for each seed", async () => {
    const hashes = new Set<string>();
    for (let seed = 1; seed <= 20; seed += 1) hashes.add((await simulate(seed)).eventHash);
    expect(hashes.size).toBe(20);
  });
});

/** With the seed, so that a failed test says which one to replay. */
async function violationsOf(seed: number): Promise<string[]> {
  const { violations } = await simulate(seed);
  return violations.map((violation) => `seed ${seed}: ${violation}`);
}
