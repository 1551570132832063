/**
 * Removes one safeguard of the engine, to see that the simulation would notice. The source of one module is changed as it is
 * loaded: nothing in the engine knows of this.
 */
import { registerHooks } from "node:module";

interface Safeguard {
  readonly file: string;
  readonly code: string;
  readonly without: string;
}

const safeguards: Readonly<Record<string, Safeguard>> = {
  "epoch-check": {
    file: "sdk/core/action-state.ts",
    code: `return current.status === "running" && current.epoch === epoch;`,
    without: `return current.status === "running";`,
  },
  "inbox-condition": {
    file: "sdk/core/action-state.ts",
    code: `if (current.inbox > read) return refuse("inbox-moved");`,
    without: "",
  },
  "claim-dedup": {
    file: "sdk/core/action-state.ts",
    code: "if (!isTakeover) {",
    without: "if (false) {",
  },
  "replay-order": {
    file: "sdk/core/delivery-order.ts",
    code: "this.#position.at < batch.at ? this.#nextEntry() : this.#nextRecord(batch)",
    without: "this.#nextRecord(batch)",
  },
};

/** Works only for modules that are not loaded yet. */
export function removeSafeguard(name: string): void {
  const safeguard = safeguards[name];
  if (safeguard === undefined) {
    throw new Error(`There is no safeguard "${name}". Known are: ${Object.keys(safeguards).join(", ")}.`);
  }
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      if (!url.endsWith(safeguard.file)) return loaded;
      const source = String(loaded.source);
      if (!source.includes(safeguard.code))
        throw new Error(`Safeguard "${name}" is not in ${safeguard.file} any more.`);
      return { ...loaded, source: source.replace(safeguard.code, safeguard.without) };
    },
  });
}
