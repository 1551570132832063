import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MailboxView } from "../../sdk/core/mailbox.ts";
import type { MailboxEntry } from "../../sdk/core/records.ts";
import { anEntry } from "../support/records.ts";

/** A log in which some children are told more than once; `endedMs` tells the tellings apart. */
const logs: fc.Arbitrary<readonly MailboxEntry[]> = fc
  .array(fc.constantFrom("a", "b", "c", "d", "e"), { maxLength: 20 })
  .map((children) => children.map((child, place) => anEntry({ child, endedMs: place })));

function viewOf(log: readonly MailboxEntry[]): MailboxView {
  const view = new MailboxView();
  view.add(0, log);
  return view;
}

describe("a mailbox", () => {
  it("reads the same in whatever pieces, overlapping or repeated, it was added", () => {
    const reads = fc.array(fc.tuple(fc.nat({ max: 20 }), fc.nat({ max: 20 })), { maxLength: 20 });
    fc.assert(
      fc.property(logs, reads, (log, pieces) => {
        const view = new MailboxView();
        for (const [first, count] of pieces) {
          const from = Math.min(first, view.end);
          view.add(from, log.slice(from, from + count));
        }
        const expected = viewOf(log.slice(0, view.end));
        for (let at = 0; at <= log.length; at += 1) expect(view.at(at)).toEqual(expected.at(at));
      }),
    );
  });

  it("shows each child once, at the place where it was first told", () => {
    fc.assert(
      fc.property(logs, (log) => {
        const view = viewOf(log);
        const shown = log.flatMap((_, place) => view.at(place) ?? []);
        const firsts = log.filter(
          (entry, place) => log.findIndex((one) => one.child === entry.child) === place,
        );
        expect(shown).toEqual(firsts);
      }),
    );
  });

  it("knows of a child before a position exactly what was told of it first, if that was before", () => {
    fc.assert(
      fc.property(logs, fc.nat({ max: 20 }), fc.constantFrom("a", "b", "z"), (log, position, child) => {
        const first = log.findIndex((entry) => entry.child === child);
        const expected = first !== -1 && first < position ? log[first] : null;
        expect(viewOf(log).before(position, child)).toEqual(expected);
      }),
    );
  });

  it("has nothing behind its end", () => {
    expect(viewOf([anEntry()]).at(1)).toBe(null);
  });

  it("refuses a read that leaves a gap", () => {
    expect(() => viewOf([anEntry()]).add(2, [anEntry()])).toThrow("gap at 1");
  });
});
