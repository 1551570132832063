import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const cli = fileURLToPath(new URL("./cli.ts", import.meta.url));

/** Safeguards, each with the first of some seeds of which one notices its absence. */
const removals = [
  ["epoch-check", 1],
  ["inbox-condition", 1],
  ["claim-dedup", 1],
  ["replay-order", 1],
] as const;

const seeds = 500;

describe("the simulation", () => {
  for (const [safeguard, from] of removals) {
    it(`notices that the engine does without its ${safeguard}`, () => {
      const args = [cli, "--from", String(from), "--seeds", String(seeds), "--failures", "1"];
      const { status, stdout, stderr } = spawnSync(process.execPath, [...args, "--without", safeguard], {
        encoding: "utf8",
      });
      expect(stderr).toBe("");
      expect(stdout).toMatch(/violates:\n {2}promise \d/);
      expect(status).toBe(1);
    });
  }

  it("refuses to remove a safeguard that does not exist", () => {
    const { status, stderr } = spawnSync(process.execPath, [cli, "--without", "luck"], { encoding: "utf8" });
    expect(stderr).toContain('There is no safeguard "luck"');
    expect(status).not.toBe(0);
  });
});
