import { describe, expect, it } from "vitest";
import { PolicyError } from "../../sdk/core/errors.ts";
import { checkFields, wholeNumber } from "../../sdk/core/policy-fields.ts";

describe("checkFields", () => {
  it("an object with known fields only is accepted", () => {
    expect(() => checkFields({}, ["count"], "retries of the task")).not.toThrow();
    expect(() => checkFields({ count: undefined }, ["count"], "retries of the task")).not.toThrow();
  });

  it("an unknown field is refused with the nearest known one", () => {
    expect(() => checkFields({ cuont: 1 }, ["count", "backoff"], "retries of the task")).toThrow(
      /retries of the task.*cuont.*count, backoff.*Did you mean "count"\?/s,
    );
  });

  it("an unknown field that is near to none is refused with the list of known ones", () => {
    expect(() => checkFields({ image: 1 }, ["count", "backoff"], "retries of the task")).toThrow(
      /count, backoff.*Remove it/s,
    );
  });

  it.each([null, undefined, 3, "3", true, [3]])("%j is no policy object", (value) => {
    expect(() => checkFields(value, ["count"], "retries of the task")).toThrow(PolicyError);
  });
});

describe("wholeNumber", () => {
  const bounds = { min: 1, max: 10, wayOut: "Use 1." };

  it.each([1, 5, 10])("%d is within the bounds", (value) => {
    expect(wholeNumber(value, "replicas", bounds)).toBe(value);
  });

  it.each([0, 11, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "5", null, undefined, 5n])(
    "%s is refused",
    (value) => {
      expect(() => wholeNumber(value, "replicas", bounds)).toThrow(PolicyError);
      expect(() => wholeNumber(value, "replicas", bounds)).toThrow(/replicas.*from 1 to 10.*Use 1\./s);
    },
  );
});
