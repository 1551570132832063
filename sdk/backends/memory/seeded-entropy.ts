/** Randomness that is the same again for the same seed. */
import type { Entropy } from "../../ports.ts";

/** Mulberry32: small, and good enough for tests. Identifiers are unique within one seed. */
export function seededEntropy(seed: number): Entropy {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const hex = () => next().toString(16).padStart(8, "0");
  return {
    random: () => next() / 2 ** 32,
    uuid: () => {
      const digits = hex() + hex() + hex() + hex();
      const parts = [
        digits.slice(0, 8),
        digits.slice(8, 12),
        `4${digits.slice(13, 16)}`,
        `8${digits.slice(17, 20)}`,
      ];
      return `${parts.join("-")}-${digits.slice(20)}`;
    },
  };
}
