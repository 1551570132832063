import { describe, expect, it, onTestFinished } from "vitest";
import { Fleet } from "../../sdk/backends/local/fleet.ts";
import type { FleetCounts } from "../../sdk/backends/local/fleet-counts.ts";
import type { FleetOptions } from "../../sdk/backends/local/fleet-options.ts";
import type { ReplicaEvent } from "../../sdk/backends/local/ipc/messages.ts";
import type { DroverError } from "../../sdk/core/errors.ts";
import type { FleetPolicy } from "../../sdk/core/reuse-policy.ts";
import type { ReplicaWork } from "../support/fixtures/local-replica.ts";
import {
  aLocalBackend,
  isAlive,
  portsOf,
  replicaEntry,
  sendMessages,
  until,
} from "../support/local-processes.ts";

const anHourMs = 3_600_000;

const aPolicy: FleetPolicy = {
  replicasMin: 0,
  replicasMax: 2,
  concurrency: 1,
  idleTtlMs: anHourMs,
  scaledownTtlMs: anHourMs,
  scope: "global",
};

function serving(settings: Partial<ReplicaWork & { mode: "serve" }> = {}): ReplicaWork {
  return { mode: "serve", queue: "work", concurrency: 1, actionMs: 20, isOneShot: false, ...settings };
}

/** A fleet that looks often, and is killed when the test ends. */
function aFleet(policy: Partial<FleetPolicy>, work: ReplicaWork, options: Partial<FleetOptions> = {}) {
  const backend = aLocalBackend();
  const events: ReplicaEvent[] = [];
  const seen: FleetCounts[] = [];
  const fleet = new Fleet({
    name: "work",
    policy: { ...aPolicy, ...policy },
    entry: replicaEntry,
    work,
    queue: backend.queue,
    portsOf: (id) => portsOf(backend, id),
    onEvent: (event) => events.push(event),
    onCounts: (counts) => seen.push(counts),
    tickMs: 50,
    ...options,
  });
  onTestFinished(() => fleet.kill());
  const replicasOf = (kind: string) =>
    events.filter((event) => event.kind === kind).map((event) => `${event.replica}`);
  const done = (count: number) =>
    until(`${count} actions are done`, () => replicasOf("done").length >= count);
  const send = async (count: number) => {
    await sendMessages(backend, "work", count);
    fleet.wake();
  };
  return { fleet, backend, events, seen, send, done, replicasOf };
}

describe("a fleet", () => {
  it("starts nothing without work", async () => {
    const { fleet, seen } = aFleet({ replicasMin: 1 }, serving());
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(fleet.counts).toEqual({ starting: 0, ready: 0, busy: 0, draining: 0 });
    expect(fleet.replicaIds).toEqual([]);
    expect(seen.every(({ starting }) => starting === 0)).toBe(true);
  });

  it("grows with its backlog up to its largest size, and does all of it", async () => {
    const { fleet, send, done, replicasOf, seen, backend } = aFleet(
      { replicasMax: 2 },
      serving({ actionMs: 100 }),
    );
    await send(12);
    await done(12);
    expect(new Set(replicasOf("done")).size).toBe(2);
    expect(Math.max(...seen.map(({ starting, ready }) => starting + ready))).toBe(2);
    expect(seen).toContainEqual({ starting: 0, ready: 2, busy: 2, draining: 0 });
    expect(backend.queue.depth("work")).toBe(0);
    expect(fleet.replicaIds).toHaveLength(2);
  });

  it("goes down to nothing once it was idle for its idleTtl, and comes back for new work", async () => {
    const { fleet, send, done } = aFleet({ replicasMin: 1, idleTtlMs: 300 }, serving());
    await send(2);
    await done(2);
    await until("no replica is left", () => fleet.replicaIds.length === 0);
    await send(1);
    await done(3);
  });

  it("lets the replicas go that it has not needed for scaledownTtl, and keeps its smallest size", async () => {
    const { fleet, send, done } = aFleet(
      { replicasMin: 1, replicasMax: 2, scaledownTtlMs: 300 },
      serving({ actionMs: 100 }),
    );
    await send(6);
    await done(6);
    await until("one is left", () => fleet.replicaIds.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(fleet.counts).toEqual({ starting: 0, ready: 1, busy: 0, draining: 0 });
  });

  it("replaces a replica that was killed, and what that held is done by another", async () => {
    const { fleet, send, done, events, backend } = aFleet({ replicasMax: 1 }, serving({ actionMs: 300 }));
    await send(1);
    const begun = await until("it has begun", () => events.find(({ kind }) => kind === "begun"));
    const [first] = fleet.replicaIds;
    process.kill(fleet.pidOf(first ?? "") ?? 0, "SIGKILL");
    await done(1);
    expect(events.filter(({ kind, action }) => kind === "begun" && action === begun.action)).toHaveLength(2);
    expect(fleet.replicaIds).not.toContain(first);
    expect(backend.queue.depth("work")).toBe(0);
  });

  it("gives each action a process of its own when its replicas are for one action", async () => {
    const { fleet, send, done, replicasOf } = aFleet({ replicasMax: 3 }, serving({ isOneShot: true }), {
      isOneShot: true,
    });
    await send(4);
    await done(4);
    await until("all are gone", () => fleet.replicaIds.length === 0);
    expect(new Set(replicasOf("done")).size).toBe(4);
    expect(fleet.hasFailed).toBe(false);
  });

  it("gives up after five starts that failed in a row, with what was printed, and tries again when told", async () => {
    const failures: DroverError[] = [];
    const { fleet, send } = aFleet(
      { replicasMax: 3 },
      { mode: "fail-to-load" },
      {
        restarts: { firstDelayMs: 1 },
        onFailed: (error) => failures.push(error),
      },
    );
    await send(3);
    await until("it has given up", () => fleet.hasFailed && fleet.replicaIds.length === 0);
    expect(failures).toHaveLength(1);
    expect(failures[0]).toMatchObject({ code: "FLEET_FAILED", retryable: false });
    expect(failures[0]?.message).toContain('Replicas of environment "work" ended 5 times in a row');
    expect(failures[0]?.message).toContain("the file of the tasks throws");
    fleet.retry();
    await until("it has given up again", () => failures.length === 2);
  });

  it("kills a replica that does not become ready in time, and counts that as a failed start", async () => {
    const failures: DroverError[] = [];
    const { send } = aFleet(
      { replicasMax: 1 },
      { mode: "start-a-child" },
      {
        startMsMax: 400,
        restarts: { firstDelayMs: 1, failedStartsMax: 2 },
        onFailed: (error) => failures.push(error),
      },
    );
    await send(1);
    await until("it has given up", () => failures.length === 1);
    expect(failures[0]?.message).toContain("signal SIGKILL");
  });

  it("kills a replica whose heart has stopped, and gives its work to another", async () => {
    const { fleet, send, done, events } = aFleet({ replicasMax: 1 }, serving({ actionMs: 400 }), {
      silentTicksMax: 20,
    });
    await send(1);
    await until("it has begun", () => events.find(({ kind }) => kind === "begun"));
    const [first] = fleet.replicaIds;
    process.kill(fleet.pidOf(first ?? "") ?? 0, "SIGSTOP");
    await done(1);
    expect(fleet.replicaIds).not.toContain(first);
  });

  it("closes when its replicas have finished what they hold", async () => {
    const { fleet, send, events } = aFleet({ replicasMax: 2 }, serving({ actionMs: 300 }));
    await send(2);
    await until("both have begun", () => events.filter(({ kind }) => kind === "begun").length === 2);
    const pids = fleet.replicaIds.map((id) => fleet.pidOf(id) ?? 0);
    await fleet.close();
    expect(events.filter(({ kind }) => kind === "done")).toHaveLength(2);
    expect(fleet.replicaIds).toEqual([]);
    expect(pids.map(isAlive)).toEqual([false, false]);
  });
});
