import { type Duplex, duplexPair } from "node:stream";
import { describe, expect, it, onTestFinished } from "vitest";
import { realEntropy } from "../../sdk/backends/local/entropy.ts";
import { connectWorld } from "../../sdk/backends/local/ipc/connect-world.ts";
import type { ReplicaEvent } from "../../sdk/backends/local/ipc/messages.ts";
import type { HostPorts } from "../../sdk/backends/local/ipc/methods.ts";
import { serveWorld } from "../../sdk/backends/local/ipc/serve-world.ts";
import { createMemoryBackend } from "../../sdk/backends/memory/backend.ts";
import { toErrorRecord } from "../../sdk/core/error-record.ts";
import { StorageError } from "../../sdk/core/errors.ts";
import { until } from "../support/local-processes.ts";
import { realClock } from "../support/real-clock.ts";
import { anEnd, aState } from "../support/records.ts";

const memory = () => createMemoryBackend({ clock: realClock, entropy: realEntropy });

/** Both ends of a connection in this process. */
async function connect(ports: HostPorts = memory()) {
  const [hostEnd, replicaEnd] = duplexPair();
  onTestFinished(() => void hostEnd.destroy());
  const events: ReplicaEvent[] = [];
  let readies = 0;
  const served = serveWorld(hostEnd, ports, {
    onEvent: (event) => events.push(event),
    onReady: () => {
      readies++;
    },
  });
  const world = await connectWorld(replicaEnd);
  return { world, served, events, readies: () => readies, hostEnd, replicaEnd };
}

describe("a connection", () => {
  it("an error of the host's ports arrives with its class, code, cause and stack", async () => {
    const failure = new StorageError({
      operation: "read a blob",
      retryable: false,
      cause: new TypeError("torn"),
    });
    const ports = memory();
    const failing = { get: () => Promise.reject(failure), put: () => Promise.reject(failure) };
    const { world } = await connect({ store: ports.store, queue: ports.queue, blobs: failing });
    const caught = await world.blobs.get("a").catch((error: unknown) => error);
    expect(caught).toBeInstanceOf(StorageError);
    expect(caught).toMatchObject({ code: "STORAGE", retryable: false, message: failure.message });
    expect((caught as StorageError).cause).toBeInstanceOf(TypeError);
    expect((caught as StorageError).stack).toBe(failure.stack);
  });

  it("a state that holds errors with fields of any kind crosses unchanged", async () => {
    const { world } = await connect();
    const first = aState({ id: "run-1/a0" });
    const thrown = Object.assign(new RangeError("no"), {
      seen: new Map([[1n, new Date(5)]]),
      raw: new Uint8Array(9),
    });
    const error = toErrorRecord(thrown);
    await world.store.writeState(first, null);
    const ended = anEnd(first, { status: "failed", outcome: { kind: "error", error }, lastError: error });
    expect(await world.store.writeState(ended, 1)).toEqual({ ok: true });
    expect(await world.store.readStates([first.id])).toStrictEqual([ended]);
  });

  it("the calls of one turn are made in one turn of the host", async () => {
    let turn = 0;
    const turns: number[] = [];
    const ports = memory();
    const get = async () => {
      if (turns.length === 0) setImmediate(() => turn++);
      turns.push(turn);
      return null;
    };
    const { world } = await connect({
      ...ports,
      store: ports.store,
      queue: ports.queue,
      blobs: { put: ports.blobs.put, get },
    });
    await Promise.all(Array.from({ length: 500 }, (_, n) => world.blobs.get(`${n}`)));
    expect(turns).toHaveLength(500);
    expect(new Set(turns)).toEqual(new Set([0]));
  });

  it("events arrive in order, and one that is no JSON is counted instead of thrown", async () => {
    const { world, events } = await connect();
    const cyclic: Record<string, unknown> = { kind: "log" };
    cyclic.self = cyclic;
    world.emit({ kind: "log", text: "first" });
    world.emit(cyclic as unknown as ReplicaEvent);
    world.emit({ kind: "log", text: "second" });
    await until("the second event", () => events.some(({ text }) => text === "second"));
    expect(events).toEqual([
      { kind: "log", text: "first" },
      { kind: "dropped", count: 1 },
      { kind: "log", text: "second" },
    ]);
  });

  it("events are dropped and counted while the host does not read", async () => {
    const { world, events, hostEnd } = await connect();
    hostEnd.pause();
    const text = "x".repeat(1_000_000);
    for (let n = 0; n < 40; n++) world.emit({ kind: "log", n, text });
    hostEnd.resume();
    await until("what could be sent has come", () => events.length >= 10);
    await world.store.readRun("none");
    world.emit({ kind: "log", n: 40 });
    await world.store.readRun("none");
    const logs = events.filter(({ kind }) => kind === "log").length;
    const dropped = events
      .filter(({ kind }) => kind === "dropped")
      .reduce((sum, { count }) => sum + Number(count), 0);
    expect(dropped).toBeGreaterThan(0);
    expect(logs + dropped).toBe(41);
  });

  it("a replica is ready once, at its first receive or when it says so", async () => {
    const { world, readies } = await connect();
    await world.store.readRun("none");
    expect(readies()).toBe(0);
    world.ready();
    await world.queue.receive("work", 1, 0);
    await world.queue.receive("work", 1, 0);
    expect(readies()).toBe(1);
  });

  it("when the host goes away, calls under way and later ones reject, and are not to be tried again", async () => {
    const { world, hostEnd } = await connect();
    const waiting = world.queue.receive("work", 1, 600_000);
    hostEnd.destroy();
    await expect(waiting).rejects.toMatchObject({ code: "STORAGE", retryable: false });
    await world.closed;
    await expect(world.store.readRun("a")).rejects.toMatchObject({ code: "STORAGE", retryable: false });
    world.emit({ kind: "log" });
    world.ready();
  });

  it("a host that never says hello makes the connecting fail", async () => {
    const [hostEnd, replicaEnd] = duplexPair();
    const connecting = connectWorld(replicaEnd);
    hostEnd.destroy();
    await expect(connecting).rejects.toMatchObject({ code: "STORAGE" });
  });

  it("the host's side ends only after the calls that were under way", async () => {
    const ports = memory();
    const put = Promise.withResolvers<void>();
    const slow = { put: () => put.promise, get: ports.blobs.get };
    const { world, served, replicaEnd } = await connect({ ...ports, blobs: slow });
    const putting = world.blobs.put("a", new Uint8Array(1)).catch(() => "rejected");
    await world.store.readRun("none");
    let isClosed = false;
    void served.closed.then(() => {
      isClosed = true;
    });
    replicaEnd.destroy();
    expect(await putting).toBe("rejected");
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(isClosed).toBe(false);
    put.resolve();
    expect(await served.closed).toBeNull();
  });

  it.each([
    ["a call of a method that there is not", [1, 1, "constructor", []]],
    ["a call without its arguments", [1, 1, "readRun", []]],
    ["a call whose arguments are of another form", [1, 1, "putSpecs", [[null]]]],
    ["bytes that are not in the frame", [1, 1, "put", ["key", [0, 10]]]],
    ["a message of an unknown kind", [99]],
    ["a message that is no list", "hello"],
  ])("ends with a protocol error at %s", async (_, message) => {
    const { served, replicaEnd } = await connect();
    sendRaw(replicaEnd, [message]);
    expect(await served.closed).toMatchObject({ code: "IPC_PROTOCOL", retryable: false });
  });
});

function sendRaw(stream: Duplex, messages: unknown): void {
  const text = Buffer.from(JSON.stringify(messages));
  const head = Buffer.alloc(8);
  head.writeUInt32LE(text.length, 0);
  stream.write(Buffer.concat([head, text]));
}
