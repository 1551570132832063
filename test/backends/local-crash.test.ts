import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, describe, expect, it } from "vitest";
import { openLocalBackend } from "../../sdk/backends/local/host-backend.ts";
import { hasHost } from "../../sdk/backends/local/host-lock.ts";
import { aBatch, anEnd, anEntry, aSpec, aState, someBytes } from "../support/records.ts";
import { openIn, stateFolder } from "./local-folder.ts";

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

/** Starts the writing host, waits until so many actions were acknowledged and kills it; the numbers of all that were. */
async function killWriterAfter(dir: string, acknowledgedMin: number): Promise<number[]> {
  const child = startWriter(dir);
  const acknowledged: number[] = [];
  for await (const line of linesOf(child)) {
    acknowledged.push(Number(line));
    if (acknowledged.length === acknowledgedMin) child.kill("SIGKILL");
  }
  return acknowledged;
}

function startWriter(dir: string): ChildProcess {
  const script = join(import.meta.dirname, "local-crash-child.ts");
  const child = spawn(process.execPath, ["--no-warnings", script, dir], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  return child;
}

function linesOf(child: ChildProcess): AsyncIterable<string> {
  if (child.stdout === null) throw new Error("The writer has no output.");
  return createInterface({ input: child.stdout });
}

describe("a host that is killed", { timeout: 60_000 }, () => {
  it("has kept everything it acknowledged, also when it is killed again and again", async () => {
    const dir = stateFolder();
    const acknowledged = new Set([...(await killWriterAfter(dir, 80)), ...(await killWriterAfter(dir, 300))]);
    expect(acknowledged.size).toBeGreaterThanOrEqual(300);
    const { store, blobs, catalog } = openIn(dir);
    for (const n of acknowledged) {
      const id = `crash/c${n}`;
      const running = aState({ id, parent: "crash/a0" });
      expect(await store.readSpec(id)).toEqual(aSpec({ id, parent: "crash/a0" }));
      expect(await store.readStates([id])).toEqual([anEnd(running)]);
      expect(await store.readJournal(id)).toEqual([aBatch({ action: id })]);
      expect(await store.readMailbox(id, 0, 0)).toEqual([anEntry({ child: id })]);
      expect(Buffer.from((await blobs.get(id)) ?? [])).toEqual(Buffer.from(someBytes(2_000, n)));
    }
    const summary = await catalog.summarize("crash");
    const children = await store.listChildren("crash/a0");
    const ended = children.filter((child) => child.status === "succeeded");
    expect(ended.length).toBeGreaterThanOrEqual(acknowledged.size);
    expect(summary.actions.succeeded).toBe(ended.length);
    expect(summary.actions.queued + summary.actions.running).toBe(children.length - ended.length);
  });

  it("leaves its folder to the next host at once", async () => {
    const dir = stateFolder();
    const child = startWriter(dir);
    await linesOf(child)[Symbol.asyncIterator]().next();
    expect(() => openLocalBackend({ dir })).toThrow(
      expect.objectContaining({
        code: "HOST_RUNNING",
        message: expect.stringContaining(`process ${child.pid}`),
      }),
    );
    expect(hasHost(dir)).toBe(true);
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(hasHost(dir)).toBe(false);
    expect(await openIn(dir).store.readSpec("crash/c0")).toEqual(
      aSpec({ id: "crash/c0", parent: "crash/a0" }),
    );
  });
});
