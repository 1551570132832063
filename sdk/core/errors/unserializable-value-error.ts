import { nameClasses } from "./drover-error.ts";
import { InputError } from "./input-errors.ts";

/**
 * A value cannot travel between processes: somewhere in it is a function, a symbol, an instance of a class, a cycle, or
 * something else that has no faithful copy. `path` says where, `found` what; the message ends with what to do.
 */
export class UnserializableValueError extends InputError {
  /** Where it is, from the first word of what is encoded: `input.items[3].when`. */
  readonly path: string;
  /** What is there: `an instance of class Moment`. */
  readonly found: string;

  /** @param refusal `what` names the whole value, as in `Input of task "score"`. */
  constructor(refusal: {
    readonly what: string;
    readonly path: string;
    readonly found: string;
    readonly wayOut: string;
    readonly cause?: unknown;
  }) {
    const { what, path, found, wayOut } = refusal;
    const allowed = "plain objects, arrays, primitives, dates, maps, sets, typed arrays and errors";
    super(
      "UNSERIALIZABLE_VALUE",
      { what, value: found, allowed, wayOut },
      `${what} cannot be serialized: ${path} is ${found}. ${wayOut}`,
    );
    this.path = path;
    this.found = found;
    if ("cause" in refusal) this.cause = refusal.cause;
  }
}

nameClasses({ UnserializableValueError });
