/** What the execution of a run is started with, as it comes from a client, a schedule or somebody's hand. */
import { InputError } from "../core/errors.ts";
import { checkRunName } from "../core/names.ts";

export interface ExecutionInput {
  /** Name of the run, which is that of its first execution. */
  readonly run: string;
  /** Full name of the task. */
  readonly task: string;
  /** The task's input, as JSON has it; null for none. A run that is recorded already keeps the input that it has. */
  readonly input?: unknown;
  /** Hash of the bundle that has the task. Default: the one that was published last for the task. */
  readonly bundle?: string;
}

/** The input, if it is one. @throws InputError, PolicyError */
export function readExecutionInput(value: unknown): ExecutionInput {
  if (typeof value !== "object" || value === null) throw noInput("The input of the execution", value);
  const { run, task, input, bundle } = value as Readonly<Record<string, unknown>>;
  if (typeof run !== "string") throw noInput("`run` in the input of the execution", run);
  if (typeof task !== "string") throw noInput("`task` in the input of the execution", task);
  const isHash = typeof bundle === "string" && bundleHash.test(bundle);
  if (bundle !== undefined && bundle !== null && !isHash) throw noBundle(bundle);
  return { run: checkRunName(run), task, input, ...(isHash ? { bundle } : {}) };
}

/** SHA-256, in hexadecimal. */
const bundleHash = /^[0-9a-f]{64}$/;

function noInput(what: string, value: unknown): InputError {
  return new InputError("INVALID_EXECUTION", {
    what,
    value,
    allowed: "an object with the texts `run` and `task`",
    wayOut: 'Start it with { "run": "nightly-1", "task": "scoring.scoreAll", "input": {} }, for example.',
  });
}

function noBundle(value: unknown): InputError {
  return new InputError("INVALID_EXECUTION", {
    what: "`bundle` in the input of the execution",
    value,
    allowed: "the SHA-256 of a bundle, as 64 hexadecimal digits",
    wayOut: "Leave it out to take the code that was published last.",
  });
}
