/** The randomness of this machine, and the only place that draws it. */
import { randomUUID } from "node:crypto";
import type { Entropy } from "../../ports.ts";

export const realEntropy: Entropy = {
  uuid: () => randomUUID(),
  // biome-ignore lint/plugin: this is the port that the rule sends everyone else to.
  random: () => Math.random(),
};
