import { describe, expect, it } from "vitest";
import type { LocalBackend } from "../../sdk/backends/local/host-backend.ts";
import { anEnd, aState } from "../support/records.ts";
import { openIn, reopened, stateFolder } from "./local-folder.ts";

async function endAll({ store }: LocalBackend, actions: readonly string[]): Promise<void> {
  const states = actions.map((id) => aState({ id }));
  await Promise.all(states.map((state) => store.writeState(state, null)));
  await Promise.all(states.map((state) => store.writeState(anEnd(state), 1)));
}

function numbered(count: number, prefix = "c"): string[] {
  return Array.from({ length: count }, (_, n) => `r/${prefix}${n}`);
}

describe("the changes of a host", () => {
  it("states that end in one turn are told in one batch, once they are durable", async () => {
    const backend = openIn(stateFolder());
    const batches: string[][] = [];
    backend.changes.follow(async (ended) => {
      batches.push(ended.map((state) => state.id));
      const stored = await backend.store.readStates(ended.map((state) => state.id));
      expect(stored).toEqual(ended);
    }, new AbortController().signal);
    await endAll(backend, numbered(40));
    await endAll(backend, numbered(3, "d"));
    await backend.store.readSpec("r/none");
    expect(batches.map((batch) => batch.length)).toEqual([40, 3]);
  });

  it("what ends while a batch is being handled is told together", async () => {
    const backend = openIn(stateFolder());
    const sizes: number[] = [];
    const go = Promise.withResolvers<void>();
    const all = Promise.withResolvers<void>();
    backend.changes.follow(async (ended) => {
      sizes.push(ended.length);
      if (sizes.length === 1) await go.promise;
      else all.resolve();
    }, new AbortController().signal);
    await endAll(backend, ["r/first"]);
    for (let n = 0; n < 5; n++) await endAll(backend, [`r/later${n}`]);
    go.resolve();
    await all.promise;
    expect(sizes).toEqual([1, 5]);
  });

  it("a batch that cannot be handled does not hold up the others", async () => {
    const backend = openIn(stateFolder());
    const told: string[] = [];
    const last = Promise.withResolvers<void>();
    backend.changes.follow(async (ended) => {
      if (ended.some((state) => state.id === "r/bad") && !told.includes("r/good9")) throw new Error("no");
      told.push(...ended.map((state) => state.id));
      if (told.includes("r/bad")) last.resolve();
    }, new AbortController().signal);
    await endAll(backend, ["r/bad"]);
    for (const id of numbered(10, "good")) await endAll(backend, [id]);
    await last.promise;
    expect(told).toEqual([...numbered(10, "good"), "r/bad"]);
  });

  it("what was told is not told by the next host, and what was not is", async () => {
    const dir = stateFolder();
    const before = openIn(dir);
    const stop = new AbortController();
    before.changes.follow(async () => {}, stop.signal);
    await endAll(before, numbered(5, "told"));
    // The marks go with a commit of their own.
    await new Promise((resolve) => setTimeout(resolve, 50));
    stop.abort();
    await endAll(before, numbered(1_200, "untold"));
    const told: string[] = [];
    const all = Promise.withResolvers<void>();
    reopened(before, dir).changes.follow(async (ended) => {
      told.push(...ended.map((state) => state.id));
      if (told.length >= 1_200) all.resolve();
    }, new AbortController().signal);
    await all.promise;
    expect(told).toEqual(numbered(1_200, "untold"));
  });
});
