import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundleKey } from "../../sdk/aws/bundle-cache.ts";
import { type AwsStack, openAws } from "../../sdk/aws.ts";
import { variables } from "../../sdk/backends/aws/names.ts";
import { type RunHandle, run, UnknownTaskError } from "../../sdk/index.ts";
import { CloudStack } from "./cloud-stack.ts";
import { callsAlone, callsHangs, chargeAll, moody, naps } from "./fixtures/orders.ts";

const fixture = new URL("./fixtures/orders.ts", import.meta.url).pathname;

let cloud: CloudStack;
let backend: AwsStack;
let blocked: RunHandle<string>;

beforeAll(async () => {
  cloud = await CloudStack.open();
  backend = await openAws(cloud.connection);
  // It takes a lease of a minute: the other tests go on meanwhile.
  blocked = await run(callsHangs, 1, { backend, name: "blocked" });
});

afterAll(async () => {
  backend?.close();
  await cloud?.close();
});

describe("a run on a stack", () => {
  it("of a task given by its function is bundled, executed by its driver and its fleet, and answers", async () => {
    const handle = await run(chargeAll, { size: 5, naps: 0 }, { backend, name: "first" });
    expect(handle.created).toBe(true);
    expect(await handle.result()).toBe(210);
    expect(await backend.catalog.summarize("first")).toMatchObject({
      actions: { succeeded: 4, failed: 0, aborted: 0 },
      tracesExecuted: 16,
    });
    const record = await backend.world.store.readRun("first");
    expect(record?.code).toMatch(/^[0-9a-f]{64}$/);
    expect(await backend.world.blobs.get(bundleKey(record?.code ?? ""))).not.toBeNull();
    await until(() => cloud.executions.get("first")?.status === "SUCCEEDED");
    expect(cloud.events.map(({ type }) => type)).toEqual(
      expect.arrayContaining(["Run Started", "Run Ended"]),
    );
  });

  it("of a name that exists is answered and starts nothing", async () => {
    const again = await run(chargeAll, { size: 1, naps: 0 }, { backend, name: "first" });
    expect(again.created).toBe(false);
    expect(await again.result()).toBe(210);
    expect([...cloud.executions.keys()]).toEqual(["blocked", "first"]);
  });

  it("is found by its name, from a client that has none of its code", async () => {
    const found = await backend.find("first");
    expect(await found?.status()).toBe("succeeded");
    expect(await backend.find("unheard-of")).toBeNull();
  });

  it("of a published task is started by the task's name, after its input was checked", async () => {
    await expect(backend.startByName("orders.callsAlone", 1)).rejects.toBeInstanceOf(UnknownTaskError);
    const { tasks } = await backend.publish(fixture);
    expect(tasks).toContain("orders.callsAlone");
    const handle = await backend.startByName("orders.callsAlone", 5, { name: "by-name" });
    expect(await handle.result()).toBe(7);
    await until(() => cloud.exits.some(({ work, code }) => work === "action" && code === 0));
  });

  it("gives actions without a fleet a container each, that ends with them", async () => {
    const before = cloud.exits.filter(({ work }) => work === "action").length;
    const handle = await run(callsAlone, 1, { backend });
    expect(await handle.result()).toBe(3);
    await until(
      () => cloud.exits.filter(({ work, code }) => work === "action" && code === 0).length > before,
    );
  });

  it("that sleeps is suspended, parked and woken", async () => {
    const handle = await run(naps, 3, { backend, name: "sleeper" });
    expect(await handle.result()).toBe(6);
    await until(() => cloud.executions.get("sleeper")?.status === "SUCCEEDED");
    expect(cloud.executions.get("sleeper")).toMatchObject({ parks: 1, drives: 2 });
  });

  it("that is aborted stops its execution", async () => {
    const handle = await run(moody, { failures: 99 }, { backend, name: "aborted" });
    await handle.abort("it takes too long");
    await expect(handle.result()).rejects.toMatchObject({ name: "ActionAbortedError" });
    expect(cloud.executions.get("aborted")?.status).toBe("ABORTED");
  });

  it("in a container of its own answers its execution, and tells it that it lives", async () => {
    const { root, ...record } = await recordOf("sleeper");
    const contained = { ...root, id: "contained/a0", run: "contained" };
    await backend.world.store.createRun({ ...record, name: "contained", root: contained });
    await backend.world.store.putSpecs([contained]);
    cloud.start("driver", { [variables.run]: "contained", [variables.taskToken]: "a-token" });
    await until(() => cloud.answers.some(({ token }) => token === "a-token"));
    expect(cloud.answers).toContainEqual({ token: "a-token", output: { status: "suspended" } });
    expect(cloud.heartbeats).toContain("a-token");
  });
});

describe("a run whose action blocks its process beyond its time", () => {
  it("goes on when the lease of its replica, which ends itself, has lapsed", {
    timeout: 150_000,
  }, async () => {
    expect(await blocked.result()).toBe("TaskTimeoutError");
    expect(cloud.exits).toContainEqual(expect.objectContaining({ work: "fleet", signal: "SIGKILL" }));
  });
});

describe("a fleet on a stack", () => {
  it("goes when it has had no work for its idleTtl, and its replicas end in order", {
    timeout: 90_000,
  }, async () => {
    await until(() => [...cloud.replicas.values()].every((replicas) => replicas.size === 0), 60_000);
    expect(cloud.exits.filter(({ work }) => work === "fleet").at(-1)).toMatchObject({ code: 0 });
  });
});

describe("a stack", () => {
  it("that does not exist is refused by name", async () => {
    await expect(openAws({ ...cloud.connection, stack: "elsewhere" })).rejects.toMatchObject({
      code: "UNKNOWN_STACK",
      message: expect.stringContaining("elsewhere"),
    });
  });
});

async function recordOf(name: string) {
  const record = await backend.world.store.readRun(name);
  if (record === null) throw new Error(`There is no run ${name}.`);
  return record;
}

async function until(isSo: () => boolean, withinMs = 20_000): Promise<void> {
  for (const endMs = Date.now() + withinMs; !isSo(); ) {
    if (Date.now() > endMs)
      throw new Error(`It did not come to that.\n${cloud.output.slice(-30).join("\n")}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
