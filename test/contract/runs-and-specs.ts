import { describe, expect, it } from "vitest";
import type { ActionSpec } from "../../sdk/core/records.ts";
import { anEnd, aRun, aSpec, aState, aTimer, inline, someBytes } from "../support/records.ts";
import { expectSame, freshName, type Provide, upTo } from "./harness.ts";

/** Most that a test puts into one request, whatever the limit. */
const requestBytesMax = 2_000_000;

export function runsContract(provide: Provide): void {
  describe("runs", () => {
    it("a run that was created is read back in every field", async () => {
      const { store } = provide();
      const run = aRun({ name: freshName() });
      expectSame(await store.createRun(run), { created: true, run });
      expectSame(await store.readRun(run.name), run);
    });

    it("a run that nobody created is null", async () => {
      expect(await provide().store.readRun(freshName())).toBeNull();
    });

    it("creating a run of a name that exists answers the one that is there and changes nothing", async () => {
      const { store } = provide();
      const run = aRun({ name: freshName() });
      await store.createRun(run);
      const other = { ...run, task: "orders.other", code: "file:///other.ts", createdMs: run.createdMs + 5 };
      expectSame(await store.createRun(other), { created: false, run });
      expectSame(await store.readRun(run.name), run);
    });

    it("of 20 who create the same run at once exactly one does, and all see its run", async () => {
      const { store } = provide();
      const name = freshName();
      const answers = await Promise.all(
        upTo(20).map((n) => store.createRun(aRun({ name, task: `orders.score${n}` }))),
      );
      const creators = answers.filter((answer) => answer.created);
      expect(creators).toHaveLength(1);
      for (const answer of answers) expectSame(answer.run, creators[0]?.run);
      expectSame(await store.readRun(name), creators[0]?.run);
    });
  });
}

export function specsContract(provide: Provide): void {
  describe("specs", () => {
    it("a spec is read back in every field", async () => {
      const { store } = provide();
      const run = freshName();
      const child = aSpec({
        id: `${run}/child`,
        parent: `${run}/a0`,
        name: "orders.größe",
        group: "erste Hälfte / ½ 🚚",
        ordinal: 7,
        input: { kind: "blob", key: `${run}/child/1/input`, sizeBytes: 9_000_000 },
        asked: { attempt: 2, index: 3, epoch: 4, at: 5 },
      });
      const timer = aTimer({ id: `${run}/timer` });
      const root = aSpec({ id: `${run}/a0`, input: inline(0) });
      await store.putSpecs([root, child, timer]);
      for (const spec of [root, child, timer]) expectSame(await store.readSpec(spec.id), spec);
    });

    it("a spec that nobody wrote is null", async () => {
      expect(await provide().store.readSpec(`${freshName()}/a0`)).toBeNull();
    });

    it("writing specs again is harmless, and a changed one takes the place of the former", async () => {
      const { store } = provide();
      const run = freshName();
      const spec = aSpec({ id: `${run}/child`, parent: `${run}/a0` });
      const changed = { ...spec, asked: { attempt: 1, index: 2, epoch: 3, at: 4 }, input: inline(8) };
      await store.putSpecs([spec]);
      await store.putSpecs([spec]);
      expectSame(await store.readSpec(spec.id), spec);
      await store.putSpecs([changed]);
      expectSame(await store.readSpec(spec.id), changed);
      expectSame(await store.listChildren(`${run}/a0`), [{ spec: changed, status: null }]);
    });

    it("a timer keeps the time it was first given", async () => {
      const { store } = provide();
      const run = freshName();
      const first = aTimer({ id: `${run}/timer`, fireAtMs: 5_000 });
      await store.putSpecs([first]);
      await store.putSpecs([{ ...first, fireAtMs: 9_000, createdMs: first.createdMs + 1 }]);
      expectSame(await store.readSpec(first.id), first);
      expectSame(await store.listChildren(`${run}/a0`), [{ spec: first, status: null }]);
    });

    it("of 20 who write a timer at once one is kept, whole", async () => {
      const { store } = provide();
      const id = `${freshName()}/timer`;
      const candidates = upTo(20).map((n) => aTimer({ id, fireAtMs: 1_000 + n, createdMs: 500 + n }));
      await Promise.all(candidates.map((spec) => store.putSpecs([spec])));
      const kept = await store.readSpec(id);
      expectSame(kept, candidates[(kept?.createdMs ?? 0) - 500]);
    });

    it("as many specs as the limit allows, as large as it allows, are written at once", async () => {
      const { store } = provide();
      const run = freshName();
      const count = Math.min(store.limits.specsMax, 200);
      const sizeBytes = Math.min(store.limits.inlineBytesMax, Math.floor(requestBytesMax / count));
      const specs = upTo(count).map((n) =>
        aSpec({ id: `${run}/c${n}`, parent: `${run}/a0`, input: inline(sizeBytes, n) }),
      );
      await store.putSpecs(specs);
      const children = await store.listChildren(`${run}/a0`);
      expectSame(sortedById(children.map((child) => child.spec)), sortedById(specs));
    });

    it("putting no specs is harmless", async () => {
      await provide().store.putSpecs([]);
    });

    it("children are listed with their status, and only those of this parent", async () => {
      const { store } = provide();
      const run = freshName();
      const parent = `${run}/a0`;
      const child = (local: string, of = parent) => aSpec({ id: `${run}/${local}`, parent: of });
      const timer = aTimer({ id: `${run}/timer` });
      await store.putSpecs([
        aSpec({ id: parent }),
        child("unclaimed"),
        child("running"),
        child("ended"),
        timer,
      ]);
      await store.putSpecs([child("grandchild", `${run}/running`)]);
      const running = aState({ id: `${run}/running`, parent });
      const ended = aState({ id: `${run}/ended`, parent });
      for (const state of [running, ended]) await store.writeState(state, null);
      await store.writeState(anEnd(ended, { status: "failed" }), 1);

      const children = await store.listChildren(parent);
      expect(Object.fromEntries(children.map(({ spec, status }) => [spec.id, status]))).toEqual({
        [`${run}/unclaimed`]: null,
        [`${run}/running`]: "running",
        [`${run}/ended`]: "failed",
        [`${run}/timer`]: null,
      });
      expect(await store.listChildren(`${run}/ended`)).toEqual([]);
    });

    it("a parent of several hundred children finds them all", async () => {
      const { store } = provide();
      const run = freshName();
      const specs = upTo(350).map((n) => aSpec({ id: `${run}/c${n}`, parent: `${run}/a0`, ordinal: n + 1 }));
      const perRequest = Math.min(store.limits.specsMax, specs.length);
      for (let first = 0; first < specs.length; first += perRequest) {
        await store.putSpecs(specs.slice(first, first + perRequest));
      }
      const children = await store.listChildren(`${run}/a0`);
      expectSame(sortedById(children.map((child) => child.spec)), sortedById(specs));
    });

    it("what a caller does to its bytes before and after changes nothing stored", async () => {
      const { store } = provide();
      const bytes = someBytes(16);
      const spec = aSpec({ id: `${freshName()}/a0`, input: { kind: "inline", bytes } });
      const expected = { ...spec, input: inline(16) };
      await store.putSpecs([spec]);
      bytes.fill(0);
      const read = await store.readSpec(spec.id);
      expectSame(read, expected);
      if (read?.input.kind === "inline") read.input.bytes.fill(0);
      expectSame(await store.readSpec(spec.id), expected);
    });
  });
}

function sortedById(specs: readonly ActionSpec[]): readonly ActionSpec[] {
  return specs.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}
