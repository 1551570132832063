import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { decode } from "../../sdk/core/codec/decode.ts";
import { dyingWorld } from "./dying-world.ts";
import { clearLedger, type ExecutionEnd, ledger, MemoryCloud } from "./memory-cloud.ts";

let cloud: MemoryCloud;

beforeEach(async () => {
  cloud = await MemoryCloud.open();
  clearLedger();
});

afterEach(() => cloud.close());

const input = { run: "r1", task: "orders.chargeAll", input: { size: 2, naps: 1 } };

/** Executes the run with a driver that is killed at that request of that drive. */
async function executeKilling(
  dieAt: number,
  isDone: boolean,
  inDrive: number,
): Promise<ExecutionEnd & { wasKilled: boolean }> {
  let drives = 0;
  let wasKilled = false;
  const end = await cloud.clock.runUntil(
    cloud.execute(input, async (run) => {
      drives += 1;
      if (drives !== inDrive) return await cloud.drive(run);
      const dying = dyingWorld(cloud.runtime.world, dieAt, isDone);
      const killed = dying.death.catch((error: unknown) => {
        wasKilled = true;
        throw error;
      });
      return await Promise.race([cloud.drive(run, dying.world), killed]);
    }),
  );
  return { ...end, wasKilled };
}

async function outputOf(run: string): Promise<unknown> {
  const [state] = await cloud.memory.store.readStates([`${run}/a0`]);
  if (state?.outcome?.kind !== "value" || state.outcome.payload.kind !== "inline") return undefined;
  return decode(state.outcome.payload.bytes);
}

const requestsMax = 60;

describe.each([
  { isDone: false, what: "before" },
  { isDone: true, what: "after" },
])("a driver that is killed $what any of its requests takes effect", ({ isDone }) => {
  it.each([1, 2])("in drive %i does not change what the run gives", async (inDrive) => {
    for (let dieAt = 1; dieAt <= requestsMax; dieAt += 1) {
      const end = await executeKilling(dieAt, isDone, inDrive);
      if (!end.wasKilled) {
        expect(dieAt).toBeGreaterThan(5);
        return;
      }
      expect({ dieAt, status: end.status, output: await outputOf("r1") }).toEqual({
        dieAt,
        status: "SUCCEEDED",
        output: 30,
      });
      const charges = [...ledger().effects].filter(([effect]) => effect.startsWith("charge"));
      expect(charges).toHaveLength(6);
      expect(charges.every(([, count]) => count === 1)).toBe(true);
      cloud.close();
      cloud = await MemoryCloud.open();
      clearLedger();
    }
    throw new Error(`The driver made more than ${requestsMax} requests: raise the limit.`);
  });
});

describe("a driver that is killed again and again", () => {
  it("fails its run with a WorkerLostError when it makes no progress", async () => {
    const end = await cloud.clock.runUntil(
      cloud.execute(input, async (run) => {
        // By then it has claimed its action, read what there is, and recorded nothing.
        const dying = dyingWorld(cloud.runtime.world, 14, false);
        return await Promise.race([cloud.drive(run, dying.world), dying.death]);
      }),
    );
    expect(end).toMatchObject({ status: "FAILED", error: { name: "WorkerLostError" } });
    expect(await rootStatus()).toBe("failed");
  });

  it("does not fail its run while it makes progress", async () => {
    let kills = 0;
    const end = await cloud.clock.runUntil(
      cloud.execute(input, async (run) => {
        if (kills >= 11) return await cloud.drive(run);
        kills += 1;
        const dying = dyingWorld(cloud.runtime.world, 6 + kills, true);
        return await Promise.race([cloud.drive(run, dying.world), dying.death]);
      }),
    );
    expect(end).toMatchObject({ status: "SUCCEEDED" });
    expect(await outputOf("r1")).toBe(30);
  });
});

async function rootStatus(): Promise<string | undefined> {
  const [state] = await cloud.memory.store.readStates(["r1/a0"]);
  return state?.status;
}
