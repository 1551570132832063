import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { assignmentVariables } from "../../sdk/backends/local/replica-process-assignment.ts";
import type { ReplicaWork } from "../support/fixtures/local-replica.ts";
import { aReplica, isAlive, replicaEntry, sendMessages, until } from "../support/local-processes.ts";

describe("a replica and its host", () => {
  it("each of 100 concurrent calls gets its own answer", async () => {
    const replica = aReplica({ mode: "calls", count: 100 });
    expect(await replica.event("result")).toMatchObject({ same: true });
  });

  it("a blob of 10 MB crosses in both directions unchanged", async () => {
    const replica = aReplica({ mode: "big-blob", sizeBytes: 10_000_000 });
    expect(await replica.event("result")).toMatchObject({ sizeBytes: 10_000_000, same: true });
  });

  it("an aborted long poll ends at once, and takes no message that comes later", async () => {
    const replica = aReplica({ mode: "wait-then-abort", queue: "work" });
    expect(await replica.event("result")).toMatchObject({ deliveries: 0 });
    await sendMessages(replica.backend, "work", 1);
    expect(replica.backend.queue.depth("work")).toBe(1);
  });

  it("a killed replica is seen, and its wait takes no message any more", async () => {
    let isReady = false;
    const onReady = () => {
      isReady = true;
    };
    const replica = aReplica({ mode: "wait-for-ever", queue: "work" }, { onReady });
    await until("the replica waits", () => isReady);
    process.kill(replica.pid ?? 0, "SIGKILL");
    expect(await replica.exited).toMatchObject({ code: null, signal: "SIGKILL", fault: null });
    await sendMessages(replica.backend, "work", 1);
    expect(replica.backend.queue.depth("work")).toBe(1);
  });

  it("what a replica prints arrives line by line, long lines cut, and its last errors with its end", async () => {
    const replica = aReplica({ mode: "print" });
    const exit = await replica.exited;
    const printed = replica.lines.filter(({ stream }) => stream === "stdout").map(({ text }) => text);
    expect(printed.map((text) => text.slice(0, 20))).toEqual([
      "hello",
      "wörld",
      "x".repeat(20),
      "last without an end",
    ]);
    expect(printed[2]?.length).toBeLessThan(66_000);
    expect(exit).toMatchObject({ code: 7, signal: null, lastLines: ["what went wrong"] });
  });

  it("a replica that writes what is no frame is killed, and the host says why", async () => {
    const replica = aReplica({ mode: "write-garbage" });
    expect(await replica.exited).toMatchObject({ fault: { code: "IPC_PROTOCOL" } });
    expect(isAlive(replica.pid ?? 0)).toBe(false);
  });

  it("a killed replica takes with it what it has started", async () => {
    const replica = aReplica({ mode: "start-a-child" });
    const { pid } = await replica.event("result");
    expect(isAlive(pid as number)).toBe(true);
    replica.kill();
    await replica.exited;
    await until("the replica's own child is gone", () => !isAlive(pid as number));
  });

  it("a replica that is asked to drain finishes what it holds", async () => {
    const replica = aReplica({
      mode: "serve",
      queue: "work",
      concurrency: 1,
      actionMs: 200,
      isOneShot: false,
    });
    await sendMessages(replica.backend, "work", 1);
    await replica.event("begun");
    replica.drain();
    expect(await replica.exited).toMatchObject({ code: 0, signal: null });
    expect(replica.events.map(({ kind }) => kind)).toEqual(["begun", "done"]);
    expect(replica.backend.queue.heldBy("replica-1")).toBe(0);
  });

  it("a replica that does not drain in time is killed", async () => {
    let isReady = false;
    const onReady = () => {
      isReady = true;
    };
    const replica = aReplica({ mode: "ignore-drain" }, { drainMs: 200, onReady });
    await until("the replica is ready", () => isReady);
    replica.drain();
    expect(await replica.exited).toMatchObject({ signal: "SIGKILL" });
    expect(replica.events.map(({ kind }) => kind)).toEqual(["asked-to-drain"]);
  });

  it("a program that cannot be started has exited, with the reason", async () => {
    const replica = aReplica({ mode: "fail-to-load" }, { env: { TOO_LARGE: "x".repeat(4_000_000) } });
    expect(await replica.exited).toMatchObject({ fault: { code: "REPLICA_START" } });
    expect(replica.pid).toBeUndefined();
  });

  it("a replica's program that no host has started says what to do", async () => {
    const orphan = spawn(process.execPath, [fileURLToPath(replicaEntry)], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    let printed = "";
    orphan.stderr.on("data", (chunk: Buffer) => {
      printed += chunk.toString();
    });
    await once(orphan, "close");
    expect(Object.keys(assignmentVariables({ id: "a", work: null }))).toEqual(["DROVER_REPLICA"]);
    expect(printed).toContain("DROVER_REPLICA");
  });
});

describe("a host that is killed", () => {
  const works: [string, ReplicaWork][] = [
    ["that waits for work", { mode: "wait-for-ever", queue: "work" }],
    ["that blocks its event loop", { mode: "block" }],
  ];
  it.each(works)("leaves no replica behind %s", async (_, work) => {
    const entry = fileURLToPath(new URL("../support/fixtures/local-host.ts", import.meta.url));
    const host = spawn(process.execPath, [entry, JSON.stringify(work)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    onTestFinished(() => void host.kill("SIGKILL"));
    const [pidLine] = (await once(host.stdout, "data")) as [Buffer];
    const pid = Number(pidLine.toString());
    expect(isAlive(pid)).toBe(true);
    host.kill("SIGKILL");
    await until("the replica is gone", () => !isAlive(pid));
  });
});
