import { describe, expect, it } from "vitest";
import { Restarts, restartDefaults } from "../../sdk/backends/local/fleet-restarts.ts";

/** Lets a replica fail before it is ready, in the current round. */
function failToStart(restarts: Restarts, nowMs: number): void {
  restarts.ended({ round: restarts.round, wasReady: false }, nowMs);
}

describe("restarts of a fleet", () => {
  it("all wanted replicas start as long as none has failed", () => {
    expect(new Restarts(restartDefaults).allowed(10, 0, 0)).toBe(10);
  });

  it("after a failure they wait, twice as long each time, at most ten seconds", () => {
    const restarts = new Restarts({ ...restartDefaults, failedStartsMax: 100 });
    const waitsMs = Array.from({ length: 9 }, () => {
      failToStart(restarts, 0);
      return restarts.waitMs(0);
    });
    expect(waitsMs).toEqual([100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]);
    expect(restarts.allowed(3, 0, 9_999)).toBe(0);
    expect(restarts.allowed(3, 0, 10_000)).toBe(1);
  });

  it("after a failure one replica is tried at a time until one is ready", () => {
    const restarts = new Restarts(restartDefaults);
    failToStart(restarts, 0);
    expect(restarts.allowed(3, 0, 100)).toBe(1);
    expect(restarts.allowed(3, 1, 100)).toBe(0);
    restarts.ready();
    expect(restarts.allowed(3, 1, 100)).toBe(3);
  });

  it("replicas that were started together and fail together are one failure", () => {
    const restarts = new Restarts(restartDefaults);
    const { round } = restarts;
    for (let n = 0; n < 10; n++) restarts.ended({ round, wasReady: false }, 0);
    expect(restarts.failedStarts).toBe(1);
    expect(restarts.waitMs(0)).toBe(100);
  });

  it("five failed starts in a row are the end, until it is told to try again", () => {
    const restarts = new Restarts(restartDefaults);
    for (let n = 0; n < 5; n++) {
      expect(restarts.hasGivenUp).toBe(false);
      failToStart(restarts, 0);
    }
    expect(restarts.hasGivenUp).toBe(true);
    expect(restarts.allowed(1, 0, 1_000_000)).toBe(0);
    restarts.reset();
    expect(restarts.allowed(4, 0, 0)).toBe(4);
  });

  it("replicas that were ready before they ended are slowed down, but never given up", () => {
    const restarts = new Restarts(restartDefaults);
    for (let n = 0; n < 20; n++) restarts.ended({ round: restarts.round, wasReady: true }, 0);
    expect(restarts.hasGivenUp).toBe(false);
    expect(restarts.waitMs(0)).toBe(10_000);
  });

  it("work that a replica got forgives the exits before it", () => {
    const restarts = new Restarts(restartDefaults);
    for (let n = 0; n < 5; n++) restarts.ended({ round: restarts.round, wasReady: true }, 0);
    restarts.worked();
    restarts.ended({ round: restarts.round, wasReady: true }, 0);
    expect(restarts.waitMs(0)).toBe(100);
  });
});
