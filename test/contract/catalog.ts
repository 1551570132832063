import { describe, expect, it } from "vitest";
import { toErrorRecord } from "../../sdk/core/error-record.ts";
import type { ActionRow, Catalog, Store } from "../../sdk/ports.ts";
import { anEnd, aRun, aSpec, aState, aTimer } from "../support/records.ts";
import { eventually, expectSame, freshName, type Provide, upTo } from "./harness.ts";

/** What people look at may lag behind what was written; these tests give it some seconds. */
export function catalogContract(provide: Provide): void {
  describe("catalog", () => {
    it("runs are listed the newest first, at most as many as asked for", async () => {
      const { store, catalog, clock } = provide();
      const names = upTo(4).map(() => freshName());
      const startMs = Date.UTC(2040, 0, 1);
      const ages = [2, 0, 3, 1];
      const runs = names.map((name, n) => aRun({ name, createdMs: startMs + (ages[n] ?? 0) }));
      for (const run of runs) await store.createRun(run);
      const newestFirst = runs.toSorted((a, b) => b.createdMs - a.createdMs);
      await eventually(clock, async () => {
        const listed = await catalog.listRuns(1_000);
        expectSame(
          listed.filter((run) => names.includes(run.name)),
          newestFirst,
        );
        expectSame(await catalog.listRuns(2), newestFirst.slice(0, 2));
      });
    });

    it("a run that has nothing is summed up as nothing", async () => {
      const { catalog } = provide();
      const nothing = { queued: 0, running: 0, suspended: 0, succeeded: 0, failed: 0, aborted: 0 };
      expect(await catalog.summarize(freshName())).toEqual({
        actions: nothing,
        tracesExecuted: 0,
        tracesReplayed: 0,
      });
      expect(await catalog.listActions(freshName(), { limit: 10 })).toEqual([]);
    });

    it("actions are counted by status, unclaimed ones as queued and timers not at all", async () => {
      const { store, catalog, clock } = provide();
      const run = freshName();
      await populate(store, run);
      await eventually(clock, async () => {
        expect(await catalog.summarize(run)).toEqual({
          actions: { queued: 2, running: 1, suspended: 1, succeeded: 1, failed: 1, aborted: 1 },
          tracesExecuted: 3 + 40,
          tracesReplayed: 5 + 60,
        });
      });
    });

    it("an action is listed with what its spec and its state say", async () => {
      const { store, catalog, clock } = provide();
      const run = freshName();
      await populate(store, run);
      const common = { parent: `${run}/a0`, name: "orders.score", group: "first half" };
      await eventually(clock, async () => {
        const rows = new Map((await allRows(catalog, run)).map((row) => [row.id, row]));
        expectSame(rows.get(`${run}/unclaimed`), {
          ...{ ...common, id: `${run}/unclaimed`, status: "queued", attempt: 1, epoch: 0 },
          ...{ createdMs: 1_001, startedMs: null, endedMs: null, error: null },
        });
        expectSame(rows.get(`${run}/failed`), {
          ...{ ...common, id: `${run}/failed`, status: "failed", attempt: 4, epoch: 6 },
          ...{ createdMs: 1_005, startedMs: 2_000, endedMs: 3_000, error: "RangeError: 503 – später" },
        });
        expect(rows.get(`${run}/a0`)).toMatchObject({ parent: null, status: "suspended" });
        expect(rows.get(`${run}/retrying`)).toMatchObject({
          status: "queued",
          attempt: 2,
          error: "Error: no luck",
        });
        expect(rows.get(`${run}/succeeded`)?.error).toBeNull();
        expect(rows.has(`${run}/timer`)).toBe(false);
      });
    });

    it("a long error is cut to 500 characters", async () => {
      const { store, catalog, clock } = provide();
      const run = freshName();
      const state = aState({ id: `${run}/a0` });
      const error = toErrorRecord(new Error("x".repeat(2_000)));
      await store.putSpecs([aSpec({ id: state.id })]);
      await store.writeState(state, null);
      await store.writeState(
        anEnd(state, { status: "failed", outcome: { kind: "error", error }, lastError: error }),
        1,
      );
      await eventually(clock, async () => {
        const [row] = await catalog.listActions(run, { limit: 1 });
        expect(row?.error).toHaveLength(500);
        expect(row?.error).toMatch(/^Error: x+/);
      });
    });

    it("pages of actions are in order of creation, each action once", async () => {
      const { store, catalog, clock } = provide();
      const run = freshName();
      const specs = upTo(25).map((n) =>
        aSpec({ id: `${run}/c${(n * 7) % 25}`, parent: `${run}/a0`, createdMs: 1_000 + ((n * 11) % 25) }),
      );
      for (const spec of specs) await store.putSpecs([spec]);
      const ordered = specs.toSorted((a, b) => a.createdMs - b.createdMs).map((spec) => spec.id);
      await eventually(clock, async () => {
        const rows = await allRows(catalog, run, 10);
        expect(rows.map((row) => row.id)).toEqual(ordered);
      });
    });

    it("actions created in the same millisecond are on one page each, and once", async () => {
      const { store, catalog, clock } = provide();
      const run = freshName();
      const ids = upTo(9).map((n) => `${run}/c${n}`);
      await store.putSpecs(ids.map((id) => aSpec({ id, parent: `${run}/a0`, createdMs: 1_000 })));
      await eventually(clock, async () => {
        const rows = await allRows(catalog, run, 2);
        expect(rows.map((row) => row.id).toSorted()).toEqual(ids);
      });
    });

    it("pages of one status hold only that, and are filled from the whole run", async () => {
      const { store, catalog, clock } = provide();
      const run = freshName();
      const ids = upTo(12).map((n) => `${run}/c${String(n).padStart(2, "0")}`);
      await store.putSpecs(ids.map((id, n) => aSpec({ id, parent: `${run}/a0`, createdMs: 1_000 + n })));
      const running = ids.filter((_, n) => n % 3 === 2);
      for (const id of running) await store.writeState(aState({ id }), null);
      await eventually(clock, async () => {
        const page = await catalog.listActions(run, { status: "running", limit: 3 });
        expect(page.map((row) => row.id)).toEqual(running.slice(0, 3));
        const after = running[2] ?? "";
        const rest = await catalog.listActions(run, { status: "running", after, limit: 3 });
        expect(rest.map((row) => row.id)).toEqual(running.slice(3));
        const unclaimed = await catalog.listActions(run, { status: "queued", limit: 100 });
        expect(unclaimed.map((row) => row.id)).toEqual(ids.filter((id) => !running.includes(id)));
      });
    });
  });
}

/** A run with an action in every status, one unclaimed and one that waits for its second attempt, and a timer. */
async function populate(store: Store, run: string): Promise<void> {
  const locals = ["unclaimed", "retrying", "running", "succeeded", "failed", "aborted"];
  const children = locals.map((local, n) =>
    aSpec({ id: `${run}/${local}`, parent: `${run}/a0`, group: "first half", createdMs: 1_001 + n }),
  );
  await store.putSpecs([aSpec({ id: `${run}/a0`, createdMs: 1_000 }), ...children.slice(0, 3)]);
  await store.putSpecs([...children.slice(3), aTimer({ id: `${run}/timer`, createdMs: 1_000 })]);
  const lastError = toErrorRecord(new Error("no luck"));
  const failure = toErrorRecord(new RangeError("503 – später"));
  const first = (local: string) => aState({ id: `${run}/${local}`, createdMs: 1_001, startedMs: 2_000 });
  for (const state of [
    { ...first("a0"), status: "suspended", tracesExecuted: 3, tracesReplayed: 5 } as const,
    { ...first("retrying"), status: "queued", attempt: 2, lastError } as const,
    { ...first("running"), tracesExecuted: 40, tracesReplayed: 60 },
    first("succeeded"),
    { ...first("failed"), attempt: 4, epoch: 6, createdMs: 1_005 },
    first("aborted"),
  ]) {
    await store.writeState(state, null);
  }
  await store.writeState(anEnd(first("succeeded")), 1);
  await store.writeState(
    anEnd(first("failed"), {
      ...{ status: "failed", attempt: 4, epoch: 6, createdMs: 1_005, endedMs: 3_000 },
      ...{ outcome: { kind: "error", error: failure }, lastError: failure },
    }),
    1,
  );
  await store.writeState(anEnd(first("aborted"), { status: "aborted", outcome: null }), 1);
}

async function allRows(catalog: Catalog, run: string, limit = 100): Promise<readonly ActionRow[]> {
  const rows: ActionRow[] = [];
  for (;;) {
    const after = rows.at(-1)?.id;
    const page = await catalog.listActions(run, after === undefined ? { limit } : { after, limit });
    expect(page.length).toBeLessThanOrEqual(limit);
    if (page.length === 0) return rows;
    rows.push(...page);
  }
}
