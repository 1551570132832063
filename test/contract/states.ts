import { describe, expect, it } from "vitest";
import { anEnd, anError, aState, aValue } from "../support/records.ts";
import { expectSame, freshName, type Provide, untilDone, upTo } from "./harness.ts";

export function statesContract(provide: Provide): void {
  describe("states", () => {
    it("the first write of a state expects none, and is read back in every field", async () => {
      const { store } = provide();
      const state = aState({
        id: `${freshName()}/child`,
        parent: "a-run/a0",
        base: { attempt: 2, index: 3, epoch: 4, at: 5 },
        losses: 1,
        progress: 12,
        inbox: 6,
        read: 5,
        spawned: true,
        lastError: anError().error,
        tracesExecuted: 3,
        tracesReplayed: 9,
      });
      expectSame(await store.writeState(state, null), { ok: true });
      expectSame(await store.readStates([state.id]), [state]);
    });

    it.each([
      ["a value", aValue(300)],
      ["a value without bytes", aValue(0)],
      ["a large value by its key", { kind: "value", payload: { kind: "blob", key: "k/1", sizeBytes: 7 } }],
      ["an error with its cause and fields", anError()],
    ] as const)("an outcome is read back as it was written: %s", async (_, outcome) => {
      const { store } = provide();
      const before = aState({ id: `${freshName()}/a0` });
      const ended = anEnd(before, { outcome });
      await store.writeState(before, null);
      expectSame(await store.writeState(ended, 1), { ok: true });
      expectSame(await store.readStates([ended.id]), [ended]);
    });

    it("an outcome as large as may be kept inline is kept", async () => {
      const { store } = provide();
      const before = aState({ id: `${freshName()}/a0` });
      const ended = anEnd(before, { outcome: aValue(store.limits.inlineBytesMax) });
      await store.writeState(before, null);
      await store.writeState(ended, 1);
      expectSame(await store.readStates([ended.id]), [ended]);
    });

    it("states are answered in the order asked for, with null for those that are not there", async () => {
      const { store } = provide();
      const run = freshName();
      const states = upTo(250).map((n) => aState({ id: `${run}/c${n}`, inbox: n }));
      await Promise.all(states.map((state) => store.writeState(state, null)));
      const asked = states.flatMap((state) => [state.id, `${state.id}-missing`]).reverse();
      const expected = states.flatMap((state) => [state, null]).reverse();
      expectSame(await store.readStates(asked), expected);
      expectSame(await store.readStates([]), []);
    });

    it("a state asked for twice is answered twice", async () => {
      const { store } = provide();
      const state = aState({ id: `${freshName()}/a0` });
      await store.writeState(state, null);
      expectSame(await store.readStates([state.id, state.id]), [state, state]);
    });

    it("a write that expects no state is refused where there is one, and answers it", async () => {
      const { store } = provide();
      const state = aState({ id: `${freshName()}/a0`, outcome: aValue(50), lastError: anError().error });
      await store.writeState(state, null);
      expectSame(await store.writeState({ ...state, owner: "other" }, null), { ok: false, current: state });
      expectSame(await store.readStates([state.id]), [state]);
    });

    it("a write that expects a state is refused where there is none", async () => {
      const { store } = provide();
      const state = aState({ id: `${freshName()}/a0`, version: 6 });
      expectSame(await store.writeState(state, 5), { ok: false, current: null });
      expectSame(await store.readStates([state.id]), [null]);
    });

    it.each([
      ["an older version", 1],
      ["a version yet to come", 3],
    ])("a write that expects %s is refused and changes nothing", async (_, expected) => {
      const { store } = provide();
      const first = aState({ id: `${freshName()}/a0` });
      const second = { ...first, version: 2, inbox: 4 };
      await store.writeState(first, null);
      await store.writeState(second, 1);
      const stale = anEnd(first, { version: expected + 1 });
      expectSame(await store.writeState(stale, expected), { ok: false, current: second });
      expectSame(await store.readStates([first.id]), [second]);
    });

    it("a write whose answer was lost is refused when repeated, and the answer shows that it was done", async () => {
      const { store } = provide();
      const state = aState({ id: `${freshName()}/a0`, claim: "my-mark" });
      await store.writeState(state, null);
      expectSame(await store.writeState(state, null), { ok: false, current: state });
    });

    it("of 20 who create a state at once exactly one does, and the others are answered its state", async () => {
      const { store } = provide();
      const id = `${freshName()}/a0`;
      const candidates = upTo(20).map((n) => aState({ id, claim: `mark-${n}` }));
      const results = await Promise.all(candidates.map((state) => store.writeState(state, null)));
      const winners = candidates.filter((_, n) => results[n]?.ok);
      expect(winners).toHaveLength(1);
      for (const result of results) if (!result.ok) expectSame(result.current, winners[0]);
      expectSame(await store.readStates([id]), winners);
    });

    it("of 20 who write over the same version at once exactly one does", async () => {
      const { store } = provide();
      const first = aState({ id: `${freshName()}/a0` });
      await store.writeState(first, null);
      const candidates = upTo(20).map((n) => ({ ...first, version: 2, epoch: 2, claim: `mark-${n}` }));
      const results = await Promise.all(candidates.map((state) => store.writeState(state, 1)));
      const winners = candidates.filter((_, n) => results[n]?.ok);
      expect(winners).toHaveLength(1);
      for (const result of results) if (!result.ok) expectSame(result.current, winners[0]);
      expectSame(await store.readStates([first.id]), winners);
    });

    it("20 who count up until they succeed lose no update", async () => {
      const { store } = provide();
      const first = aState({ id: `${freshName()}/a0` });
      await store.writeState(first, null);
      await Promise.all(
        upTo(20).map(async () => {
          let current = first;
          await untilDone(async () => {
            const next = { ...current, version: current.version + 1, inbox: current.inbox + 1 };
            const result = await store.writeState(next, current.version);
            if (!result.ok) current = result.current ?? first;
            return result.ok ? next : null;
          });
        }),
      );
      expectSame(await store.readStates([first.id]), [{ ...first, version: 21, inbox: 20 }]);
    });
  });
}
