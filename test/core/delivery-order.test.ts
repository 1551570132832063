import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DeliveryOrder } from "../../sdk/core/delivery-order.ts";
import { resolveJournal } from "../../sdk/core/journal.ts";
import { MailboxView } from "../../sdk/core/mailbox.ts";
import type { ActionSpec, JournalBatch, MailboxEntry } from "../../sdk/core/records.ts";
import { aBatch, anEntry, aSpec, aTimer, aTrace } from "../support/records.ts";
import { ActionModel, type ExecutorModel, type Program } from "./delivery-model.ts";

const programs: fc.Arbitrary<Program> = fc.array(
  fc
    .constantFrom([0, 1], [1, 0], [1, 1], [2, 1], [1, 2])
    .map(([traces = 0, children = 0]) => ({ traces, children })),
  { minLength: 1, maxLength: 6 },
);

const moves = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("tell" as const), pick: fc.nat({ max: 50 }) }) },
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constantFrom("cut", "land", "cut", "land", "land-untold"),
        back: fc.constantFrom(0, 0, 0, 1),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("claim" as const) }) },
  ),
  { minLength: 5, maxLength: 60 },
);

type Move = (typeof moves extends fc.Arbitrary<infer T> ? T : never)[number];

/** Deliveries of one run stay below this, so that ids, which grow with each, stay short. */
const deliveredMax = 25;

const often = { numRuns: 500 };

function play(
  program: Program,
  sequence: readonly Move[],
  afterClaim: (model: ActionModel) => void,
): ActionModel {
  const model = new ActionModel(program);
  for (const move of sequence) {
    if (model.executors.some((one) => one.delivered.length > deliveredMax)) break;
    if (move.kind === "tell") model.tell(move.pick);
    else if (move.kind === "claim") {
      model.claim();
      afterClaim(model);
    } else {
      const executor = model.executors.at(-1 - move.back);
      if (move.kind === "cut") executor?.cut(2);
      else executor?.land(move.kind === "land");
    }
  }
  return model;
}

function highestWriter(model: ActionModel, before: ExecutorModel): ExecutorModel | undefined {
  return model.executors.findLast((one) => one !== before && one.durable !== null);
}

describe("the order of delivery over crashes and fenced executors", () => {
  it("is exactly the recorded one up to the last durable batch of the highest epoch (D2)", () => {
    fc.assert(
      fc.property(programs, moves, (program, sequence) => {
        play(program, sequence, (model) => {
          const latest = model.executors.at(-1) as ExecutorModel;
          const recorded = highestWriter(model, latest)?.durable ?? [];
          expect(latest.delivered.slice(0, recorded.length)).toEqual(recorded);
        });
      }),
      often,
    );
  });

  it("continues that of the executor before, when no other wrote or asked", () => {
    const alone = moves.map((sequence) =>
      sequence.filter((move) => !("back" in move) || (move.back === 0 && move.kind !== "land-untold")),
    );
    fc.assert(
      fc.property(programs, alone, (program, sequence) => {
        play(program, sequence, (model) => {
          const before = model.executors.at(-2)?.delivered ?? [];
          expect(model.executors.at(-1)?.delivered.slice(0, before.length)).toEqual(before);
        });
      }),
      often,
    );
  });

  it("never stalls code that asks for the same again", () => {
    fc.assert(
      fc.property(programs, moves, (program, sequence) => {
        const model = play(program, sequence, (claimed) => {
          expect(claimed.executors.at(-1)?.stalledAt).toBe(null);
        });
        expect(model.executors.at(-1)?.stalledAt).toBe(null);
      }),
      often,
    );
  });

  it("holds nothing that was not asked for, and nothing twice (D1)", () => {
    fc.assert(
      fc.property(programs, moves, (program, sequence) => {
        const model = play(program, sequence, () => {});
        for (const { delivered, asked } of model.executors) {
          expect(new Set(delivered).size).toBe(delivered.length);
          for (const id of delivered) expect(asked).toContain(id);
        }
      }),
      often,
    );
  });

  it("is live for all executors once they have replayed (D3)", () => {
    fc.assert(
      fc.property(programs, moves, (program, sequence) => {
        play(program, sequence, (model) => {
          expect(model.executors.at(-1)?.order.isLive).toBe(true);
        });
      }),
      often,
    );
  });
});

const base = { attempt: 1, index: 0, epoch: 0, at: 0 };

function orderOf(parts: {
  readonly batches?: readonly JournalBatch[];
  readonly entries?: readonly MailboxEntry[];
  readonly children?: readonly ActionSpec[];
}): DeliveryOrder {
  const mailbox = new MailboxView();
  mailbox.add(0, parts.entries ?? []);
  return new DeliveryOrder(resolveJournal(parts.batches ?? [], base), base, mailbox, parts.children ?? []);
}

/** Kinds and ids of all that can be delivered now; the last is what it stops with. */
function drain(order: DeliveryOrder, isFlushing = false): string[] {
  const seen: string[] = [];
  for (;;) {
    const step = order.next(isFlushing);
    if (step.kind === "record") seen.push(step.record.id);
    else if (step.kind === "entry") seen.push(step.entry.child);
    else return [...seen, step.kind === "stalled" ? `stalled: ${step.missing}` : "rest"];
  }
}

describe("DeliveryOrder", () => {
  it("delivers entries at the places they had among the records", () => {
    const batches = [
      aBatch({ index: 1, at: 1, records: [aTrace({ id: "t1" })] }),
      aBatch({ index: 2, at: 3, prevEpoch: 1, records: [aTrace({ id: "t2" }), aTrace({ id: "t3" })] }),
    ];
    const entries = ["c1", "c2", "c3", "c4"].map((child) => anEntry({ child }));
    const order = orderOf({ batches, entries });
    for (const id of ["t1", "t2", "t3"]) order.askTrace(id);
    for (const { child } of entries) order.askChild(child);
    expect(drain(order)).toEqual(["c1", "t1", "c2", "c3", "t2", "t3", "c4", "rest"]);
    expect(order.position).toEqual({ attempt: 1, index: 2, epoch: 1, at: 4 });
  });

  it("stands behind a batch from its first delivery on", () => {
    const records = [aTrace({ id: "t1" }), aTrace({ id: "t2" })];
    const order = orderOf({ batches: [aBatch({ epoch: 4, records })] });
    order.askTrace("t1");
    order.next(false);
    expect(order.position).toMatchObject({ index: 1, epoch: 4 });
    expect(order.isLive).toBe(false);
  });

  it("waits with entries while a batch is on its way that was cut before them", () => {
    const order = orderOf({ entries: [anEntry({ child: "c1" })] });
    order.askChild("c1");
    expect(drain(order, true)).toEqual(["rest"]);
    expect(drain(order, false)).toEqual(["c1", "rest"]);
  });

  it("stalls at the first record that was not asked for, and names it", () => {
    const records = [aTrace({ id: "t1" }), aTrace({ id: "t2", name: "poll", ordinal: 3, step: 1 })];
    const order = orderOf({ batches: [aBatch({ records })] });
    expect(order.unasked()).toBe('trace "submit" (call 1)');
    order.askTrace("t1");
    expect(drain(order)).toEqual(["t1", 'stalled: trace "poll" (call 3, step 2)']);
    expect(order.unasked()).toBe('trace "poll" (call 3, step 2)');
    order.askTrace("t2");
    expect(drain(order)).toEqual(["t2", "rest"]);
    expect(order.unasked()).toBe(null);
  });

  it("stalls until the children that were asked for by this position are asked for again", () => {
    const asked = { ...base, index: 0, epoch: 0, at: 0 };
    const children = [
      aSpec({ id: "a-run/c1", parent: "a-run/a0", asked }),
      aTimer({ id: "a-run/c2", asked: { ...asked, at: 1 } }),
    ];
    const order = orderOf({ entries: [anEntry({ child: "a-run/c1" })], children });
    expect(order.isLive).toBe(false);
    expect(drain(order)).toEqual(['stalled: task "orders.score" (call 1)']);
    order.askChild("a-run/c1");
    expect(order.isLive).toBe(true);
    expect(drain(order)).toEqual(["a-run/c1", "stalled: sleep (call 1)"]);
    order.askChild("a-run/c2");
    expect(drain(order)).toEqual(["rest"]);
  });

  it("stalls in the middle of a chain before it would pass over the entry of a child that was asked for", () => {
    const children = [aSpec({ id: "a-run/c1", parent: "a-run/a0", asked: base })];
    const entries = [anEntry({ child: "a-run/c1" })];
    const order = orderOf({
      batches: [aBatch({ at: 1, records: [aTrace({ id: "t1" })] })],
      entries,
      children,
    });
    order.askTrace("t1");
    expect(drain(order)).toEqual(['stalled: task "orders.score" (call 1)']);
    expect(order.position.at).toBe(0);
  });

  it("passes over the entry of a child that only a fenced executor had asked for (D4)", () => {
    const fenced = aSpec({ id: "a-run/stray", parent: "a-run/a0", asked: { ...base, index: 1, epoch: 7 } });
    const entries = [anEntry({ child: "a-run/stray" }), anEntry({ child: "a-run/own" })];
    const order = orderOf({ entries, children: [fenced] });
    order.askChild("a-run/own");
    expect(drain(order)).toEqual(["a-run/own", "rest"]);
    expect(order.position.at).toBe(2);
    expect(order.isLive).toBe(true);
  });

  it("leaves records of traces within traces out of the order when it replays them", () => {
    const records = [aTrace({ id: "inner", within: "outer" }), aTrace({ id: "outer" })];
    const order = orderOf({ batches: [aBatch({ records })] });
    order.askTrace("outer");
    expect(drain(order)).toEqual(["outer", "rest"]);
  });

  it("is live from the last record of the chain on, what ran inside of it not counted", () => {
    const records = [aTrace({ id: "outer" }), aTrace({ id: "inner", within: "outer" })];
    const order = orderOf({ batches: [aBatch({ records })] });
    order.askTrace("outer");
    expect(order.isLive).toBe(false);
    order.next(false);
    expect(order.isLive).toBe(true);
  });

  it("delivers such records when they were written by this very executor", () => {
    const order = orderOf({});
    order.append(aBatch({ records: [aTrace({ id: "inner", within: "outer" })] }));
    expect(drain(order)).toEqual(["inner", "rest"]);
  });
});
