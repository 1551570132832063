/**
 * Checks that every policy object shares: only known fields, and whole numbers within limits. They run on values of
 * any type, because a policy may come from plain JavaScript or from a parsed file.
 */
import { PolicyError } from "./errors.ts";
import { closestName } from "./names.ts";

interface NumberBounds {
  readonly min: number;
  readonly max: number;
  /** What to do instead, as a sentence. */
  readonly wayOut: string;
}

/**
 * Refuses what is not an object, and an object with a field that nobody reads: a misspelt limit would otherwise be a
 * limit that silently does not hold.
 *
 * @param what Names the object, without article: `reuse policy of environment "scoring"`.
 */
export function checkFields(policy: unknown, known: readonly string[], what: string): void {
  const names = known.join(", ");
  if (typeof policy !== "object" || policy === null || Array.isArray(policy)) {
    throw new PolicyError({
      what: `The ${what}`,
      value: policy,
      allowed: `an object with fields of ${names}`,
      wayOut: "Pass an object, or leave it out.",
    });
  }
  for (const field of Object.keys(policy)) {
    if (known.includes(field)) continue;
    const closest = closestName(field, known);
    throw new PolicyError({
      what: `A field of the ${what}`,
      value: field,
      allowed: `one of ${names}`,
      wayOut: closest === null ? "Remove it." : `Did you mean "${closest}"?`,
    });
  }
}

/** The value, if it is a whole number within the bounds. */
export function wholeNumber(value: unknown, what: string, bounds: NumberBounds): number {
  const { min, max, wayOut } = bounds;
  if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) return value;
  throw new PolicyError({ what, value, allowed: `a whole number from ${min} to ${max}`, wayOut });
}
