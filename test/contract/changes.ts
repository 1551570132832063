import { describe, expect, it } from "vitest";
import type { ActionState, ActionStatus } from "../../sdk/core/records.ts";
import type { Store } from "../../sdk/ports.ts";
import { anEnd, anError, aState, aValue } from "../support/records.ts";
import { eventually, expectSame, freshName, type Provide, upTo } from "./harness.ts";

export function changesContract(provide: Provide): void {
  describe("changes", () => {
    it("every state that ends is told, in every field, those before the first follower included", async () => {
      const { store, changes, clock } = provide();
      const run = freshName();
      const early = await endedStates(
        store,
        upTo(5).map((n) => `${run}/early${n}`),
      );
      const stop = new AbortController();
      const told = new Map<string, ActionState>();
      changes.follow(async (ended) => {
        for (const state of ended) told.set(state.id, state);
      }, stop.signal);
      const late = await endedStates(
        store,
        upTo(40).map((n) => `${run}/late${n}`),
      );
      await eventually(clock, () => {
        for (const state of [...early, ...late]) expectSame(told.get(state.id), state);
      });
      stop.abort();
    });

    it("a state that has not ended is not told", async () => {
      const { store, changes, clock } = provide();
      const run = freshName();
      const stop = new AbortController();
      const statuses: ActionStatus[] = [];
      changes.follow(async (ended) => {
        for (const state of ended) if (state.run === run) statuses.push(state.status);
      }, stop.signal);
      for (const status of ["running", "queued", "suspended"] as const) {
        await store.writeState(aState({ id: `${run}/${status}`, status }), null);
      }
      for (const status of ["succeeded", "failed", "aborted"] as const) {
        await store.writeState(
          aState({ id: `${run}/${status}`, status, endedMs: 1, outcome: anError() }),
          null,
        );
      }
      await eventually(clock, () =>
        expect(new Set(statuses)).toEqual(new Set(["succeeded", "failed", "aborted"])),
      );
      await clock.wait(100);
      expect(new Set(statuses)).toEqual(new Set(["succeeded", "failed", "aborted"]));
      stop.abort();
    });

    it("an end that was refused is not told", async () => {
      const { store, changes, clock } = provide();
      const run = freshName();
      const told: string[] = [];
      const stop = new AbortController();
      changes.follow(async (ended) => {
        for (const state of ended) if (state.run === run) told.push(state.id);
      }, stop.signal);
      const before = aState({ id: `${run}/refused` });
      await store.writeState(before, null);
      expect((await store.writeState(anEnd(before, { version: 6 }), 5)).ok).toBe(false);
      await endedStates(store, [`${run}/accepted`]);
      await eventually(clock, () => expect(told).toContain(`${run}/accepted`));
      await clock.wait(100);
      expect(told).not.toContain(`${run}/refused`);
      stop.abort();
    });

    it("a batch whose handler rejects is told again until it does not", async () => {
      const { store, changes, clock } = provide();
      const run = freshName();
      const actions = upTo(3).map((n) => `${run}/c${n}`);
      const tellings = new Map<string, number>();
      const accepted = new Set<string>();
      const stop = new AbortController();
      changes.follow(async (ended) => {
        const ours = ended.filter((state) => state.run === run).map((state) => state.id);
        for (const id of ours) tellings.set(id, (tellings.get(id) ?? 0) + 1);
        if (ours.some((id) => (tellings.get(id) ?? 0) <= 2)) throw new Error("The handler refuses twice.");
        for (const id of ours) accepted.add(id);
      }, stop.signal);
      await endedStates(store, actions);
      await eventually(clock, () => expect(accepted).toEqual(new Set(actions)));
      for (const id of actions) expect(tellings.get(id)).toBeGreaterThanOrEqual(3);
      stop.abort();
    });

    it("a follower that was stopped is told nothing more, and the next one what it missed", async () => {
      const { store, changes, clock } = provide();
      const run = freshName();
      const [toFirst, toSecond]: [string[], string[]] = [[], []];
      const [stopFirst, stopSecond] = [new AbortController(), new AbortController()];
      const collect = (into: string[]) => async (ended: readonly ActionState[]) => {
        for (const state of ended) into.push(state.id);
      };
      changes.follow(collect(toFirst), stopFirst.signal);
      await endedStates(store, [`${run}/one`]);
      await eventually(clock, () => expect(toFirst).toContain(`${run}/one`));
      stopFirst.abort();
      await endedStates(store, [`${run}/two`]);
      await clock.wait(100);
      changes.follow(collect(toSecond), stopSecond.signal);
      await eventually(clock, () => expect(toSecond).toContain(`${run}/two`));
      expect(toFirst).not.toContain(`${run}/two`);
      stopSecond.abort();
    });
  });
}

/** Writes a running and then an ended state for each action; the ended ones. */
async function endedStates(store: Store, actions: readonly string[]): Promise<readonly ActionState[]> {
  const states = actions.map((id, n) => aState({ id, parent: `${id}-parent`, inbox: n, read: n }));
  const ended = states.map((state, n) => anEnd(state, { outcome: aValue(100, n), endedMs: 1_000 + n }));
  await Promise.all(states.map((state) => store.writeState(state, null)));
  for (const result of await Promise.all(ended.map((state) => store.writeState(state, 1)))) {
    expect(result).toEqual({ ok: true });
  }
  return ended;
}
