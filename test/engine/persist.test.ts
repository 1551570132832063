import { describe, expect, it } from "vitest";
import { StorageError } from "../../sdk/core/errors.ts";
import { persist } from "../../sdk/engine/persist.ts";
import { aWorld } from "./world.ts";

/** A request that fails as often as there are errors, and counts. */
function failing(errors: readonly unknown[]) {
  const request = async () => {
    const error = errors[request.calls];
    request.calls += 1;
    if (error !== undefined) throw error;
    return "done";
  };
  request.calls = 0;
  return request;
}

const outage = new Error("the service is away");

describe("persist", () => {
  it("makes a request once when it succeeds", async () => {
    const request = failing([]);
    expect(await persist(aWorld(), request)).toBe("done");
    expect(request.calls).toBe(1);
  });

  it("makes a failing request again until it succeeds, each time after a longer wait", async () => {
    const world = aWorld();
    const startMs = world.clock.nowMs();
    const request = failing([outage, outage, outage]);
    expect(await world.clock.runUntil(persist(world, request))).toBe("done");
    expect(request.calls).toBe(4);
    const tookMs = world.clock.nowMs() - startMs;
    expect(tookMs).toBeGreaterThanOrEqual((50 + 100 + 200) / 2);
    expect(tookMs).toBeLessThanOrEqual(50 + 100 + 200);
  });

  it("gives up after 8 tries, within 15 seconds, with the last error", async () => {
    const world = aWorld();
    const startMs = world.clock.nowMs();
    const last = new Error("still away");
    const request = failing([...Array.from({ length: 7 }, () => outage), last]);
    await expect(world.clock.runUntil(persist(world, request))).rejects.toBe(last);
    expect(request.calls).toBe(8);
    expect(world.clock.nowMs() - startMs).toBeLessThanOrEqual(15_000);
  });

  it("does not try again what says that it cannot be retried", async () => {
    const final = new StorageError({ operation: "write", retryable: false, cause: "it is gone" });
    const request = failing([final]);
    await expect(persist(aWorld(), request)).rejects.toBe(final);
    expect(request.calls).toBe(1);
  });
});
