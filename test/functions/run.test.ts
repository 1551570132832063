import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { decode } from "../../sdk/core/codec/decode.ts";
import { clearLedger, ledger, MemoryCloud } from "./memory-cloud.ts";

let cloud: MemoryCloud;

beforeEach(async () => {
  cloud = await MemoryCloud.open();
  clearLedger();
});

afterEach(() => cloud.close());

async function outputOf(run: string): Promise<unknown> {
  const [state] = await cloud.memory.store.readStates([`${run}/a0`]);
  if (state?.outcome?.kind !== "value" || state.outcome.payload.kind !== "inline") return undefined;
  return decode(state.outcome.payload.bytes);
}

describe("an execution", () => {
  it("records its run, drives it to its end, and parks while it sleeps", async () => {
    const input = { run: "r1", task: "orders.chargeAll", input: { size: 4, naps: 2 } };
    const end = await cloud.clock.runUntil(cloud.execute(input));
    expect(end).toMatchObject({ status: "SUCCEEDED", error: null, parks: 2, drives: 3 });
    expect(await outputOf("r1")).toBe(132);
    expect([...ledger().effects.values()]).toEqual(Array.from({ length: 15 }, () => 1));
    expect(cloud.events.map(({ type }) => type)).toEqual(["Run Started", "Run Ended"]);
  });

  it("pins the code that was published when it began", async () => {
    await cloud.clock.runUntil(cloud.execute({ run: "r1", task: "orders.moody", input: { failures: 0 } }));
    expect((await cloud.memory.store.readRun("r1"))?.code).toBe(cloud.code);
  });

  it("of a run that exists drives that one and starts nothing", async () => {
    const input = { run: "r1", task: "orders.moody", input: { failures: 0 } };
    await cloud.clock.runUntil(cloud.execute(input));
    const again = await cloud.clock.runUntil(cloud.execute({ ...input, input: { failures: 9 } }));
    expect(again).toMatchObject({ status: "SUCCEEDED", drives: 1 });
    expect(ledger().failures).toBe(1);
  });

  it("waits parked for the next attempt of its root action", async () => {
    const input = { run: "r1", task: "orders.moody", input: { failures: 2 } };
    const startMs = cloud.clock.nowMs();
    const end = await cloud.clock.runUntil(cloud.execute(input));
    expect(end).toMatchObject({ status: "SUCCEEDED", parks: 2 });
    expect(cloud.clock.nowMs() - startMs).toBeGreaterThanOrEqual(600_000);
    expect(cloud.clock.nowMs() - startMs).toBeLessThan(1_300_000);
    expect(await outputOf("r1")).toBe(3);
  });

  it("fails with the error of its task, by name and cause", async () => {
    const end = await cloud.clock.runUntil(
      cloud.execute({ run: "r1", task: "orders.moody", input: { failures: 9 } }),
    );
    expect(end.status).toBe("FAILED");
    expect(end.error).toMatchObject({
      name: "RangeError",
      message: "Failure 4",
      cause: { message: "weather" },
    });
  });

  it("of a parked run ends when the run's deadline passes", async () => {
    const end = await cloud.clock.runUntil(cloud.execute({ run: "r1", task: "orders.hasty" }));
    expect(end).toMatchObject({ status: "FAILED", parks: 1, error: { name: "TaskTimeoutError" } });
  });

  it("executes actions of environments without a fleet", async () => {
    await cloud.clock.runUntil(cloud.execute({ run: "r1", task: "orders.callsAlone", input: 5 }));
    expect(await outputOf("r1")).toBe(7);
  });

  it("refuses an input that names no task, without a run", async () => {
    const end = await cloud.clock.runUntil(cloud.execute({ run: "r1", task: "orders.chargeEverything" }));
    expect(end).toMatchObject({ status: "FAILED", error: { name: "UnknownTaskError", suggestion: null } });
    expect(await cloud.memory.store.readRun("r1")).toBeNull();
  });
});

describe("a driver whose time is nearly up", () => {
  it("hands its run over, as often as it takes, and no finished step is done again", async () => {
    Object.assign(globalThis, { waitMs: (ms: number) => cloud.clock.wait(ms) });
    const input = { run: "r1", task: "orders.slowly", input: { steps: 50, stepMs: 60_000 } };
    const end = await cloud.clock.runUntil(cloud.execute(input));
    expect(end.status).toBe("SUCCEEDED");
    expect(end.drives).toBeGreaterThanOrEqual(4);
    expect(end.parks).toBe(0);
    const effects = ledger().effects;
    expect(effects.size).toBe(50);
    // The step that a hand-over interrupts has not finished, so it is done again; no other is.
    expect([...effects.values()].reduce((sum, count) => sum + count, 0)).toBeLessThan(50 + end.drives);
    const [state] = await cloud.memory.store.readStates(["r1/a0"]);
    expect(state).toMatchObject({ attempt: 1, losses: 0, epoch: end.drives });
  });
});
