import { PolicyError } from "../core/errors.ts";
import { checkRunName } from "../core/names.ts";
import { checkFields } from "../core/policy-fields.ts";
import type { RunRecord } from "../core/records.ts";
import { encodeInput } from "../engine/children.ts";
import { startRun } from "../engine/start-run.ts";
import type { TaskDefinition } from "./definitions.ts";
import { stopIfGuest } from "./load-code.ts";
import { RunHandle, type RunView } from "./run-handle.ts";
import { definitionOf, type Task, validInput } from "./task.ts";

/** Where a run executes: what the doors `drover/local` and `drover/testing` open. */
export interface RunBackend extends RunView {
  /** Where executors will find the task, in the backend's terms. @throws if they could not. */
  codeOf(task: TaskDefinition): string | Promise<string>;
  /** Sees to it that the run's actions are executed. Safe to repeat. */
  attend(run: RunRecord): Promise<void>;
}

/** Name and place of a run. */
export interface RunOptions {
  /**
   * Name of the run: lower-case letters, digits and `-`, at most 63 characters. If a run of that name exists, that one is
   * answered and nothing is started. Default: the task's name and a random part.
   */
  readonly name?: string;
  /** Where to run. Default: the embedded backend in `.drover/` of the current folder. */
  readonly backend?: RunBackend;
}

type OpenBackend = () => Promise<RunBackend>;

let openDefault: OpenBackend | null = null;

/** Tells `run` how to open the default backend. For doors. */
export function setDefaultBackend(open: OpenBackend): void {
  openDefault = open;
}

/**
 * Starts a run: one invocation of a task from outside. Resolves when the run is durably started; `result()` of the handle
 * waits for its output.
 *
 * @throws SchemaError, InlineLimitError, UnserializableValueError or PolicyError before anything is started.
 *
 * @example
 * const handle = await run(microbatch, { items: 1_000_000 });
 * console.log(await handle.result());
 */
export async function run<In, Out>(
  task: Task<In, Out>,
  ...args: undefined extends In
    ? [input?: NoInfer<In>, options?: RunOptions]
    : [input: NoInfer<In>, options?: RunOptions]
): Promise<RunHandle<Out>> {
  const stopped = stopIfGuest();
  if (stopped !== null) return await stopped;
  const [input, options = {}] = args;
  checkFields(options, ["name", "backend"], "options of run");
  const definition = definitionOf(task);
  if (definition === null) throw noTask(task);
  const handle = await startTask(definition, input, options);
  return handle as RunHandle<Out>;
}

/** What `run` does, for hosts that know a task by its definition. */
export async function startTask(
  definition: TaskDefinition,
  input: unknown,
  options: RunOptions,
): Promise<RunHandle> {
  const name = checkRunName(options.name ?? randomName(definition.name));
  const value = await validInput(definition, input);
  encodeInput(definition, value);
  const backend = options.backend ?? (await openDefaultBackend());
  const code = await backend.codeOf(definition);
  const request = { name, task: definition, input: value, code };
  const { run: record, created } = await startRun(backend.world, request);
  await backend.attend(record);
  return new RunHandle(backend, record, created);
}

async function openDefaultBackend(): Promise<RunBackend> {
  if (openDefault === null) throw new Error("No default backend: import run from the package's main door.");
  return await openDefault();
}

const randomLength = 8;
const taskPartLengthMax = 50;

/** `scoring.scoreAll` becomes `score-all-1f2e3d4c`. */
export function randomName(task: string): string {
  const short = task
    .slice(task.lastIndexOf(".") + 1)
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, taskPartLengthMax);
  return `${short === "" ? "run" : short}-${crypto.randomUUID().slice(0, randomLength)}`;
}

function noTask(value: unknown): PolicyError {
  return new PolicyError({
    what: "What was passed to run()",
    value: typeof value,
    allowed: "a task",
    wayOut: "Make one with environment.task(async function …), and pass what that returns.",
  });
}
