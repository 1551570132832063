import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { valueHash } from "../../sdk/core/codec/canonical.ts";
import {
  childActionId,
  type Invocation,
  localIdOf,
  Ordinals,
  rootActionId,
  runOf,
  stepId,
  traceId,
} from "../../sdk/core/identity.ts";
import { checkRunName } from "../../sdk/core/names.ts";

const call: Invocation = { name: "env.score", inputHash: valueHash({ start: 0 }), ordinal: 1 };
const parent = rootActionId("a-run");

const invocations: fc.Arbitrary<Invocation> = fc.record({
  name: fc.string({ maxLength: 8 }),
  inputHash: fc.string({ maxLength: 8 }),
  ordinal: fc.integer({ min: 1, max: 30 }),
});

describe("ids", () => {
  it("say which run an action belongs to, and what it is called there", () => {
    const child = childActionId(rootActionId("nightly-7"), call, 0);
    expect(rootActionId("nightly-7")).toBe("nightly-7/a0");
    expect(runOf(child)).toBe("nightly-7");
    expect(`${runOf(child)}/${localIdOf(child)}`).toBe(child);
    expect(checkRunName(localIdOf(child))).toBe(localIdOf(child));
  });

  it("are what they were in every earlier version", () => {
    expect(childActionId(parent, call, 0)).toMatchInlineSnapshot(`"a-run/pqgrmlhmiu63jkj7ylpgsjvrhu"`);
    expect(childActionId(parent, call, 1)).toMatchInlineSnapshot(`"a-run/5ata65ld3oskcdltzvpqrc7twy"`);
    expect(traceId(parent, call, "")).toMatchInlineSnapshot(`"det6oblvjwbyeu3bouhtjbbxk4"`);
    expect(stepId("a-trace", 2)).toMatchInlineSnapshot(`"a-trace:2"`);
  });

  it("are equal for equal children, and for no others", () => {
    const asked = fc.tuple(invocations, fc.nat({ max: 3 }));
    fc.assert(
      fc.property(asked, asked, ([one, first], [two, second]) => {
        const isSame =
          one.name === two.name &&
          one.inputHash === two.inputHash &&
          one.ordinal === two.ordinal &&
          first === second;
        expect(childActionId(parent, one, first) === childActionId(parent, two, second)).toBe(isSame);
      }),
    );
  });

  it.each<[string, string]>([
    ["its parent", childActionId(`${parent}x`, call, 0)],
    ["its task", childActionId(parent, { ...call, name: "env.other" }, 0)],
    ["its input", childActionId(parent, { ...call, inputHash: valueHash({ start: 1 }) }, 0)],
    ["the number of equal calls before", childActionId(parent, { ...call, ordinal: 2 }, 0)],
    ["the failures of earlier attempts", childActionId(parent, call, 1)],
  ])("of a child depend on %s", (_, other) => {
    expect(other).not.toBe(childActionId(parent, call, 0));
  });

  it("of a child are the same in every run", () => {
    const elsewhere = childActionId(rootActionId("other-run"), call, 0);
    expect(localIdOf(elsewhere)).toBe(localIdOf(childActionId(parent, call, 0)));
  });

  it("of a trace depend on its version", () => {
    expect(traceId(parent, call, "2")).not.toBe(traceId(parent, call, ""));
  });

  it("tell parts apart that would read the same side by side", () => {
    const joined = childActionId(parent, { ...call, name: "ab", inputHash: "c" }, 0);
    expect(childActionId(parent, { ...call, name: "a", inputHash: "bc" }, 0)).not.toBe(joined);
  });
});

describe("Ordinals", () => {
  it("count equal invocations from 1, whatever else is invoked in between", () => {
    const calls = fc.array(fc.tuple(fc.constantFrom("a", "b"), fc.constantFrom("1", "2", "3")), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(calls, (made) => {
        const ordinals = new Ordinals();
        made.forEach(([name, hash], place) => {
          const equal = made.slice(0, place + 1).filter((one) => one[0] === name && one[1] === hash);
          expect(ordinals.next(name, hash)).toBe(equal.length);
        });
      }),
    );
  });
});
