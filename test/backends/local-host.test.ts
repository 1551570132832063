import { once } from "node:events";
import { existsSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { openCatalog } from "../../sdk/backends/local/catalog.ts";
import { hasHost } from "../../sdk/backends/local/host-lock.ts";
import { realClock } from "../../sdk/backends/local/real-clock.ts";
import { fileRequest, type HostRequest } from "../../sdk/backends/local/requests.ts";
import { aRun, aSpec, aState, someBytes } from "../support/records.ts";
import { openIn, reopened, stateFolder } from "./local-folder.ts";

describe("a state folder", () => {
  it("has one host at a time, and a new one as soon as the first has closed", async () => {
    const dir = stateFolder();
    const first = openIn(dir);
    expect(() => openIn(dir)).toThrow(
      expect.objectContaining({
        code: "HOST_RUNNING",
        message: expect.stringMatching(`${dir} is in use by process ${process.pid}`),
      }),
    );
    await first.store.putSpecs([aSpec()]);
    expect(hasHost(dir)).toBe(true);
    first.close();
    expect(hasHost(dir)).toBe(false);
    expect(await reopened(first, dir).store.readSpec("a-run/a0")).toEqual(aSpec());
  });

  it("of a newer version is refused and left as it is", () => {
    const dir = stateFolder();
    openIn(dir).close();
    const file = new DatabaseSync(join(dir, "state.db"));
    file.exec("PRAGMA user_version = 99");
    file.close();
    const refusal = expect.objectContaining({
      code: "STATE_VERSION",
      message: expect.stringMatching(/format 99 .* newer version of Drover; this version reads format 1/),
    });
    expect(() => openIn(dir)).toThrow(refusal);
    expect(() => openCatalog(dir)).toThrow(refusal);
    expect(() => openIn(dir)).toThrow(refusal);
  });

  it("that is not there is not made by looking at it", () => {
    const dir = stateFolder();
    const refusal = expect.objectContaining({ code: "NO_STATE", message: expect.stringContaining(dir) });
    expect(() => openCatalog(dir)).toThrow(refusal);
    expect(() => fileRequest(dir, { run: "r", kind: "abort", reason: "no" })).toThrow(refusal);
    expect(hasHost(dir)).toBe(false);
    expect(existsSync(dir)).toBe(false);
  });

  it("loses what an earlier host left of unfinished blobs, and nothing else", async () => {
    const dir = stateFolder();
    const first = openIn(dir);
    await first.blobs.put("k/1", someBytes(10));
    const unfinished = join(dir, "blobs", "unfinished");
    writeFileSync(join(unfinished, "half"), "half of it");
    const { blobs } = reopened(first, dir);
    expect(readdirSync(unfinished)).toEqual([]);
    expect(new Uint8Array((await blobs.get("k/1")) ?? [])).toEqual(someBytes(10));
  });

  it("keeps its log small however much is written", async () => {
    const dir = stateFolder();
    const { store } = openIn(dir);
    const input = { kind: "inline", bytes: someBytes(30_000) } as const;
    for (let first = 0; first < 4_000; first += 250) {
      const ids = Array.from({ length: 250 }, (_, n) => `r/c${first + n}`);
      await store.putSpecs(ids.map((id) => aSpec({ id, input })));
    }
    expect(statSync(join(dir, "state.db")).size).toBeGreaterThan(100_000_000);
    expect(statSync(join(dir, "state.db-wal")).size).toBeLessThan(70_000_000);
  });
});

describe("beside a host", () => {
  it("others see what is committed, also after the host has gone", async () => {
    const dir = stateFolder();
    const host = openIn(dir);
    const run = aRun({ name: "r" });
    await host.store.createRun(run);
    await host.store.putSpecs(["r/a0", "r/c1", "r/c2"].map((id) => aSpec({ id })));
    await host.store.writeState(aState({ id: "r/a0" }), null);
    const catalog = openCatalog(dir);
    expect(await catalog.listRuns(9)).toEqual([run]);
    expect((await catalog.summarize("r")).actions).toMatchObject({ queued: 2, running: 1 });
    await host.store.writeState(aState({ id: "r/c1", tracesExecuted: 4 }), null);
    expect(await catalog.summarize("r")).toMatchObject({
      actions: { queued: 1, running: 2 },
      tracesExecuted: 4,
    });
    host.close();
    const rows = await catalog.listActions("r", { after: "r/a0", limit: 9 });
    expect(rows.map((row) => `${row.id} ${row.status}`)).toEqual(["r/c1 running", "r/c2 queued"]);
    await expect(catalog.listActions("r", { after: "r/none", limit: 9 })).rejects.toMatchObject({
      code: "UNKNOWN_ACTION",
    });
    catalog.close();
  });

  it("a summary counts what the host wrote a moment ago", async () => {
    const { store, catalog } = openIn(stateFolder());
    const writing = store.putSpecs([aSpec({ id: "r/a0" })]);
    expect((await catalog.summarize("r")).actions.queued).toBe(1);
    await writing;
  });

  it("a request reaches the host, one that waited for it and one that comes later, each once", async () => {
    const dir = stateFolder();
    openIn(dir).close();
    fileRequest(dir, { run: "early", kind: "abort", reason: "before it ran" });
    const host = openIn(dir);
    const seen: HostRequest[] = [];
    const stop = new AbortController();
    host.requests.onRequest(async (request) => {
      seen.push(request);
      if (request.run === "stubborn" && seen.length < 4) throw new Error("not yet");
    }, stop.signal);
    await until(() => seen.length === 1);
    // The host is in this very process: whatever it has open is committed first.
    await host.store.readSpec("r/none");
    fileRequest(dir, { run: "stubborn", kind: "abort", reason: "twice" });
    fileRequest(dir, { run: "late", kind: "abort", reason: "while it runs" });
    await until(() => seen.length >= 4);
    await realClock.wait(500);
    expect(seen.map((request) => request.run).toSorted()).toEqual(["early", "late", "stubborn", "stubborn"]);
    stop.abort();
    const again: HostRequest[] = [];
    const next = reopened(host, dir);
    next.requests.onRequest(async (request) => void again.push(request), new AbortController().signal);
    await realClock.wait(100);
    expect(again).toEqual([]);
  });

  it("a thread that reads all the time neither stops the host nor is stopped", async () => {
    const dir = stateFolder();
    const { store } = openIn(dir);
    await store.putSpecs([aSpec({ id: "r/a0" })]);
    const path = new URL("../../sdk/backends/local/catalog.ts", import.meta.url).href;
    const script = `
      import { parentPort, workerData } from "node:worker_threads";
      const { openCatalog } = await import(workerData.path);
      const catalog = openCatalog(workerData.dir);
      let last = 0;
      while (last < 2_001) {
        const { actions } = await catalog.summarize("r");
        if (actions.queued < last) throw new Error("The count went back.");
        last = actions.queued;
      }
      catalog.close();
      parentPort.postMessage(last);`;
    const reader = new Worker(new URL(`data:text/javascript,${encodeURIComponent(script)}`), {
      workerData: { path, dir },
    });
    const done = once(reader, "message");
    for (let n = 0; n < 2_000; n++) await store.putSpecs([aSpec({ id: `r/c${n}` })]);
    expect(await done).toEqual([2_001]);
  });
});

describe("the clock of this machine", () => {
  it("calls back after all reactions, whether code or a reaction asked for it", async () => {
    const order: string[] = [];
    const called = Promise.withResolvers<void>();
    setImmediate(() => {
      realClock.afterTurn(() => order.push("asked by code"));
      void Promise.resolve()
        .then(() => order.push("reaction"))
        .then(() => {
          realClock.afterTurn(() => {
            order.push("asked by a reaction");
            called.resolve();
          });
        })
        .then(() => order.push("last reaction"));
    });
    await called.promise;
    expect(order).toEqual(["reaction", "last reaction", "asked by code", "asked by a reaction"]);
  });

  it("a wait of months ends at once when it is given up, and a signal that has fired lets nobody wait", async () => {
    const stop = new AbortController();
    const waiting = realClock.wait(200 * 24 * 3_600_000, stop.signal);
    const first = await Promise.race([waiting.then(() => "over"), realClock.wait(30).then(() => "waiting")]);
    expect(first).toBe("waiting");
    stop.abort();
    await waiting;
    await realClock.wait(60_000, stop.signal);
  });
});

async function until(isSo: () => boolean): Promise<void> {
  for (let looks = 0; looks < 1_000 && !isSo(); looks++) await realClock.wait(10);
  expect(isSo()).toBe(true);
}
