/** Specs that travel with messages: kept while they are few, else read again whenever their message is delivered. */
import type { ActionId, ActionSpec } from "../../core/records.ts";
import type { QueuedMessage } from "./queue-line.ts";

/** All kept specs together take about so much memory at most. */
const keptBytesMax = 16 * 1024 * 1024;
/** What a spec takes besides its input. */
const specBytes = 1_000;

export class SpecShelf {
  readonly #readSpec: (action: ActionId) => ActionSpec | null;
  #keptBytes = 0;

  constructor(readSpec: (action: ActionId) => ActionSpec | null) {
    this.#readSpec = readSpec;
  }

  keep(message: QueuedMessage, spec: ActionSpec | null): void {
    if (spec === null || this.#keptBytes >= keptBytesMax) return;
    message.spec = withOwnBytes(spec);
    this.#keptBytes += bytesOf(spec);
  }

  /** The spec to deliver with the message. Only to run an action one is needed that was not given. */
  of(message: QueuedMessage): ActionSpec | null {
    return message.spec ?? (message.kind === "run" ? this.#read(message.action) : null);
  }

  /** The message is gone. */
  drop(message: QueuedMessage): void {
    if (message.spec === null) return;
    this.#keptBytes -= bytesOf(message.spec);
    message.spec = null;
  }

  #read(action: ActionId): ActionSpec | null {
    try {
      return this.#readSpec(action);
    } catch {
      // The receiver reads it then, and learns what is wrong with the store.
      return null;
    }
  }
}

function bytesOf(spec: ActionSpec): number {
  return specBytes + (spec.input.kind === "inline" ? spec.input.bytes.length : 0);
}

/** What the sender does to its bytes later is its own business. */
function withOwnBytes(spec: ActionSpec): ActionSpec {
  if (spec.input.kind !== "inline") return spec;
  return { ...spec, input: { kind: "inline", bytes: spec.input.bytes.slice() } };
}
