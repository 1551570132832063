import { DroverError, nameClasses } from "./drover-error.ts";
import { shown } from "./shown.ts";

/** The four parts of a refusal, for classes of your own that derive from InputError. */
export interface InputErrorDetails {
  /** What is wrong, as the beginning of a sentence: `Input of task "score"`. */
  readonly what: string;
  /** The value that was given. */
  readonly value: unknown;
  /** What is allowed there, without a full stop: `at most 10 MB`. */
  readonly allowed: string;
  /** What to do, as a whole sentence. */
  readonly wayOut: string;
}

/**
 * Something that was passed in is refused, before any work starts and before anything is stored. The message and the
 * fields name the value, what is allowed and the way out. The classes derived from it say what sort of input.
 */
export class InputError extends DroverError {
  /** What is wrong, as the beginning of a sentence: `Input of task "score"`. */
  readonly what: string;
  /** The value that was given, or a description of it. */
  readonly value: unknown;
  /** What is allowed there. */
  readonly allowed: string;
  /** What to do, as a whole sentence. */
  readonly wayOut: string;

  /** @param message Replaces the sentence that is made of the details. */
  constructor(code: string, details: InputErrorDetails, message: string = sentence(details)) {
    super(message, { code, kind: "user", retryable: false });
    this.what = details.what;
    this.value = details.value;
    this.allowed = details.allowed;
    this.wayOut = details.wayOut;
  }
}

function sentence(details: InputErrorDetails): string {
  return `${details.what} is ${shown(details.value)}; allowed: ${details.allowed}. ${details.wayOut}`;
}

/**
 * A setting of an environment, a task or a call is not possible: a duration without unit, `min > max`, no replicas, an
 * unknown field. Correct the setting; nothing was started.
 */
export class PolicyError extends InputError {
  constructor(details: InputErrorDetails) {
    super("INVALID_POLICY", details);
  }
}

/**
 * An input or output is larger than may travel by value. Pass a `File` or `Dir` and let the reader fetch what it needs,
 * or raise `maxInlineIo` of the task.
 */
export class InlineLimitError extends InputError {
  /** Size of the encoded value. */
  readonly sizeBytes: number;
  /** The limit that was in force. */
  readonly limitBytes: number;

  /** @param breach `what` names the value, as in `Input of task "score"`. */
  constructor(breach: { readonly what: string; readonly sizeBytes: number; readonly limitBytes: number }) {
    const { what, sizeBytes, limitBytes } = breach;
    const [value, limit] = decimalSizes(sizeBytes, limitBytes);
    const allowed = `at most ${limit} travels inline`;
    const wayOut = "Pass a File, or raise maxInlineIo.";
    super("INLINE_LIMIT", { what, value, allowed, wayOut }, `${what} is ${value}, ${allowed}. ${wayOut}`);
    this.sizeBytes = sizeBytes;
    this.limitBytes = limitBytes;
  }
}

/** Both in one unit, and in plain bytes where rounding would make the breach look like none. */
function decimalSizes(sizeBytes: number, limitBytes: number): [string, string] {
  const [unit, factor] = limitBytes >= 1e6 ? ["MB", 1e6] : limitBytes >= 1e3 ? ["KB", 1e3] : ["bytes", 1];
  const rounded = (bytes: number) => Math.round((bytes / factor) * 10) / 10;
  if (rounded(sizeBytes) > rounded(limitBytes))
    return [`${rounded(sizeBytes)} ${unit}`, `${rounded(limitBytes)} ${unit}`];
  return [`${sizeBytes.toLocaleString("en-US")} bytes`, `${limitBytes.toLocaleString("en-US")} bytes`];
}

/**
 * No task of that name is known where it was looked for. `suggestion` is the nearest name that exists, or null. Check the
 * spelling, and that the file which defines the task is loaded.
 */
export class UnknownTaskError extends InputError {
  /** The name that was looked for. */
  readonly task: string;
  /** The nearest name that exists, or null when none is near. */
  readonly suggestion: string | null;

  /** @param search `suggestion` is the nearest of the known names, or null when none is near. */
  constructor(search: {
    readonly task: string;
    readonly known: readonly string[];
    readonly suggestion: string | null;
  }) {
    const { task, known, suggestion } = search;
    const wayOut =
      suggestion === null
        ? "Check the name, and that the file which defines it is loaded."
        : `Did you mean "${suggestion}"?`;
    const allowed = known.length === 0 ? "none is defined" : `known are ${namesShown(known)}`;
    super(
      "UNKNOWN_TASK",
      { what: "Task", value: task, allowed, wayOut },
      `There is no task "${task}"; ${allowed}. ${wayOut}`,
    );
    this.task = task;
    this.suggestion = suggestion;
  }
}

const namesShownMax = 10;

function namesShown(names: readonly string[]): string {
  const shownNames = names.slice(0, namesShownMax).map((name) => `"${name}"`);
  const rest = names.length - shownNames.length;
  return rest > 0 ? `${shownNames.join(", ")} and ${rest} more` : shownNames.join(", ");
}

nameClasses({ InputError, PolicyError, InlineLimitError, UnknownTaskError });
