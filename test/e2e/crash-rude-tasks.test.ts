import { chmodSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { describe, it } from "vitest";
import { fixture } from "../support/e2e-fixtures.ts";
import { aPlace, printed } from "../support/e2e-place.ts";

describe.concurrent("a task that treats its process badly", { timeout: 180_000 }, () => {
  it("and ends it is given up as lost; what ran beside it goes on", async ({ expect, onTestFinished }) => {
    const place = aPlace(onTestFinished);
    const run = printed(await place.drover(["run", fixture("rude.ts", "leavers"), "--json", "--quiet"]));
    expect(run.output).toEqual({
      left: expect.stringMatching(/^WorkerLostError: .*shared\.leave/),
      stayed: 100,
    });
  });

  it("and throws where nobody catches is given up as lost; what ran beside it goes on", async ({
    expect,
    onTestFinished,
  }) => {
    const place = aPlace(onTestFinished);
    const run = printed(await place.drover(["run", fixture("rude.ts", "losers"), "--json", "--quiet"]));
    expect(run.output).toEqual({
      lost: expect.stringMatching(/^WorkerLostError: .*shared\.lose/),
      stayed: 100,
    });
  });

  it("and eats all of its memory is given up as lost; what ran beside it goes on", async ({
    expect,
    onTestFinished,
  }) => {
    const place = aPlace(onTestFinished);
    const small = { NODE_OPTIONS: "--max-old-space-size=64" };
    const args = ["run", fixture("rude.ts", "devourers"), "--json", "--quiet"];
    const run = printed(await place.drover(args, small));
    expect(run.output).toEqual({
      left: expect.stringMatching(/^WorkerLostError: .*shared\.devour/),
      stayed: 20,
    });
  });

  it("and forgets promises that fail does no harm", async ({ expect, onTestFinished }) => {
    const place = aPlace(onTestFinished);
    const args = ["run", fixture("rude.ts", "forgetters"), "--name", "forgetters", "--json"];
    const exit = await place.drover(args);
    expect(printed(exit).output).toEqual({ forgot: "went on", stayed: 20 });
    const logs = (await place.drover(["logs", "forgetters"])).stdout;
    expect(logs).toContain("Unhandled rejection: Error: Nobody waits for this.");
    expect(logs).toContain("Unhandled rejection: RangeError: Nor for this.");
  });

  it("and prints a hundred thousand lines at once has them in its log, or is told how many are lost", async ({
    expect,
    onTestFinished,
  }) => {
    const place = aPlace(onTestFinished);
    const args = ["run", fixture("rude.ts", "chatterers"), "--name", "chatterers", "--json", "--quiet"];
    expect(printed(await place.drover(args)).output).toEqual([100_000]);
    const lines = (await place.drover(["logs", "chatterers"])).stdout.split("\n");
    const said = lines.filter((line) => line.includes(" of many"));
    const others = readFileSync(`${place.state}/logs/_replicas.jsonl`, "utf8");
    const lost = [...others.matchAll(/(\d+) lines were logged faster/g)].reduce(
      (sum, one) => sum + Number(one[1]),
      0,
    );
    expect(said.length).toBeGreaterThan(10_000);
    expect(said.length + lost).toBe(100_000);
  });
});

describe("a module that cannot be loaded", () => {
  it("by the host is refused with what it threw, and starts nothing", async ({ expect, onTestFinished }) => {
    const place = aPlace(onTestFinished);
    const args = ["run", fixture("throws-at-import.ts", "nothing"), "--json"];
    const exit = await place.drover(args, { E2E_THROW: "everywhere" });
    expect(exit.code).toBe(2);
    expect(printed(exit).error).toMatchObject({ code: "USER_CODE", message: "This module has had enough." });
    expect(place.processes()).toEqual([]);
  });

  it("by replicas ends its run with what it threw", async ({ expect, onTestFinished }) => {
    const place = aPlace(onTestFinished);
    const exit = await place.drover([
      "run",
      fixture("throws-at-import.ts", "nothing"),
      "--name",
      "r",
      "--json",
    ]);
    expect(exit.code).toBe(1);
    const { status, error } = printed(exit);
    expect(status).toMatch(/failed|aborted/);
    expect(error?.message).toContain("This module has had enough.");
    expect(place.processes()).toEqual([]);
  });
});

const smallest = [fixture("nesting.ts", "descend"), "--input", JSON.stringify({ depth: 0, root: 0 })];

describe("a state folder", () => {
  it("that cannot be made is refused by its name", async ({ expect, onTestFinished }) => {
    const place = aPlace(onTestFinished);
    writeFileSync(`${place.dir}/file`, "no folder");
    const state = `${place.dir}/file/state`;
    const exit = await place.drover(["run", ...smallest, "--state", state, "--json"]);
    expect(exit.code).toBeGreaterThan(0);
    expect(printed(exit).error?.message).toContain(state);
  });

  it("that is lost while nothing runs is not there", async ({ expect, onTestFinished }) => {
    const place = aPlace(onTestFinished);
    await place.drover(["run", ...smallest, "--json"]);
    rmSync(place.state, { recursive: true });
    const exit = await place.drover(["show", "r", "--json"]);
    expect(exit.code).toBe(2);
    expect(printed(exit).error?.code).toBe("NO_STATE");
  });

  it("can be looked at by who may only read it", async ({ expect, onTestFinished }) => {
    const place = aPlace(onTestFinished);
    await place.drover(["run", ...smallest, "--name", "r", "--json"]);
    chmodSync(`${place.state}/state.db`, 0o444);
    expect(printed(await place.drover(["show", "r", "--json"])).status).toBe("succeeded");
  });
});
