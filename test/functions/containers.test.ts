import { createServer } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { launchOnFargate } from "../../sdk/aws/launch-task.ts";
import { openReplica, readReplicaWork } from "../../sdk/aws/replica.ts";
import { connectClients } from "../../sdk/aws/stack.ts";
import { protectByAgent, protectWhileBusy } from "../../sdk/aws/task-protection.ts";
import { HeldLeases } from "../../sdk/backends/aws/held-leases.ts";
import { variables } from "../../sdk/backends/aws/names.ts";
import { createMemoryBackend } from "../../sdk/backends/memory/backend.ts";
import { seededEntropy } from "../../sdk/backends/memory/seeded-entropy.ts";
import { VirtualClock } from "../../sdk/backends/memory/virtual-clock.ts";
import type { Delivery } from "../../sdk/ports.ts";
import { aMessage, aSpec, inline } from "../support/records.ts";
import { type OtherServices, startOtherServices } from "./other-services.ts";

const delivery: Delivery = {
  queue: "lone",
  messageId: "a-message",
  receipt: "a-receipt",
  message: { ...aMessage(aSpec({ id: "r1/child", environment: "lone", input: inline(16_000) })), epoch: 0 },
};

describe("a container", () => {
  it("knows from its variables what it was started for", () => {
    expect(readReplicaWork({ [variables.environment]: "batches" })).toEqual({
      kind: "fleet",
      environment: "batches",
    });
    const driver = {
      [variables.environment]: "batches",
      [variables.run]: "r1",
      [variables.taskToken]: "token",
    };
    expect(readReplicaWork(driver)).toEqual({ kind: "driver", run: "r1", taskToken: "token" });
    expect(() => readReplicaWork({})).toThrow(variables.environment);
  });

  it("that polls when it is told to end lets the poll end, and gives back what it brings", async () => {
    const clock = new VirtualClock();
    const memory = createMemoryBackend({ clock, entropy: seededEntropy(1) });
    const { sfn } = connectClients({ region: "eu-west-1" });
    const parts = { world: memory, leases: memory.leases, resolveTask: () => () => 1, concurrency: 2, sfn };
    const replica = openReplica({ kind: "fleet", environment: "lone" }, parts);
    const running = replica.run();
    await clock.advance(1_000);
    replica.stop();
    await clock.advance(1_000);
    await memory.queue.send([{ queue: "lone", message: delivery.message, delayMs: 0 }]);
    await clock.runUntil(running, 60_000);
    expect(await memory.queue.receive("lone", 10, 0)).toHaveLength(1);
    expect((await memory.store.readStates(["r1/child"]))[0]).toBeNull();
  });
});

describe("launching a container for an action", () => {
  let services: OtherServices | null = null;

  afterEach(async () => services?.stop());

  async function launched(answer: Record<string, unknown>) {
    const requests: Record<string, unknown>[] = [];
    services = await startOtherServices({
      RunTask: (input) => {
        requests.push(input);
        return answer;
      },
    });
    const { endpoint } = services;
    const { ecs } = connectClients({
      region: "eu-west-1",
      credentials: { accessKeyId: "test", secretAccessKey: "test" },
      endpoints: { dynamodb: endpoint, sqs: endpoint, s3: endpoint, others: endpoint },
    });
    const network = { subnets: ["subnet-1"], securityGroups: ["sg-1"], assignPublicIp: true };
    const launch = launchOnFargate({ ecs, stack: "test", config: { cluster: "a-cluster", network } });
    return { launch, requests };
  }

  it("hands it its delivery within the room that ECS has, and once however often it is asked for", async () => {
    const { launch, requests } = await launched({ tasks: [{}], failures: [] });
    await launch(delivery);
    await launch(delivery);
    const [first, second] = requests;
    expect(first?.clientToken).toBe(second?.clientToken);
    expect(JSON.stringify(first?.overrides).length).toBeLessThan(8_192);
    expect(first).toMatchObject({ cluster: "a-cluster", taskDefinition: "drover-test--lone", count: 1 });
    const { containerOverrides } = (first?.overrides ?? {}) as {
      containerOverrides: { environment: { name: string; value: string }[] }[];
    };
    const [variable] = containerOverrides[0]?.environment ?? [];
    expect(readReplicaWork({ [variable?.name ?? ""]: variable?.value })).toEqual({
      kind: "action",
      delivery: { ...delivery, message: { ...delivery.message, spec: null } },
    });
  });

  it("fails with ECS's reason where there is no room for it", async () => {
    const { launch } = await launched({ tasks: [], failures: [{ reason: "RESOURCE:FARGATE" }] });
    await expect(launch(delivery)).rejects.toMatchObject({
      retryable: true,
      message: expect.stringContaining("RESOURCE:FARGATE"),
    });
  });
});

describe("the leases of a replica", () => {
  const lease = (receipt: string, killAtMs: number | null, queueUrl: string | null = "queue") => ({
    queueUrl,
    receipt,
    killAtMs,
  });

  it("are extended in requests of ten, by queue, but for what is on no queue", () => {
    const held = new HeldLeases(2_000);
    for (let n = 0; n < 12; n += 1) held.hold(lease(`a${n}`, null));
    held.hold(lease("b", null, "other"));
    held.hold(lease("c", null, null));
    held.drop("a3");
    expect(held.batches().map(({ queueUrl, receipts }) => [queueUrl, receipts.length])).toEqual([
      ["queue", 10],
      ["queue", 1],
      ["other", 1],
    ]);
  });

  it("end the process when one is held past its time and the grace, which begins when that is seen", () => {
    const held = new HeldLeases(2_000);
    held.hold(lease("slow", 5_000));
    held.hold(lease("endless", null));
    expect(held.hanging(4_999, 0)).toBeNull();
    expect(held.hanging(60_000, 100)).toBeNull();
    expect(held.hanging(60_000, 2_099)).toBeNull();
    expect(held.hanging(60_000, 2_100)).toBe("slow");
  });

  it("do not end the process when it lets go in the time of grace, or holds it again for longer", () => {
    const held = new HeldLeases(2_000);
    held.hold(lease("slow", 5_000));
    held.hanging(6_000, 0);
    held.hold(lease("slow", 9_000));
    expect(held.hanging(8_000, 5_000)).toBeNull();
    held.hanging(9_500, 6_000);
    held.drop("slow");
    expect(held.hanging(20_000, 60_000)).toBeNull();
  });
});

describe("a replica in a fleet", () => {
  it("is protected while it holds actions and a little longer, and renews that", async () => {
    const clock = new VirtualClock();
    const said: [number, boolean][] = [];
    let held = 0;
    let refusals = 1;
    const startMs = clock.nowMs();
    const stop = new AbortController();
    const protect = async (isProtected: boolean) => {
      refusals -= 1;
      if (refusals === 0) throw new Error("throttled");
      said.push([(clock.nowMs() - startMs) / 1_000, isProtected]);
    };
    void protectWhileBusy({ clock, protect, held: () => held }, stop.signal);
    await clock.advance(5_500);
    held = 2;
    await clock.advance(2_500_000);
    held = 0;
    await clock.advance(60_000);
    stop.abort();
    expect(said).toEqual([
      [7, true],
      [1_807, true],
      [2_515, false],
    ]);
  });

  it("asks the agent of its container", async () => {
    const bodies: unknown[] = [];
    let status = 200;
    const server = createServer(async (request, response) => {
      bodies.push([request.method, request.url, JSON.parse((await request.toArray()).map(String).join(""))]);
      response.writeHead(status).end("{}");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" ? address?.port : 0;
    const protect = protectByAgent(`http://127.0.0.1:${port}/api/abc`);
    await protect(true, 60);
    await protect(false, 60);
    status = 400;
    await expect(protect(true, 60)).rejects.toThrow("400");
    server.close();
    expect(bodies.slice(0, 2)).toEqual([
      ["PUT", "/api/abc/task-protection/v1/state", { ProtectionEnabled: true, ExpiresInMinutes: 60 }],
      ["PUT", "/api/abc/task-protection/v1/state", { ProtectionEnabled: false }],
    ]);
  });
});
