import { PolicyError } from "../core/errors.ts";
import { checkTaskName } from "../core/names.ts";
import { checkFields } from "../core/policy-fields.ts";
import type { ActionPolicy } from "../core/records.ts";
import { normaliseRetries, type Retries } from "../core/retry-policy.ts";
import { type Size, sizeBytes } from "../core/size.ts";
import { normaliseTimeout, type Timeout } from "../core/timeouts.ts";
import { type ChildCall, callChild } from "../engine/children.ts";
import { type ActionContext, currentContext } from "../engine/context.ts";
import { callSite } from "./call-site.ts";
import type { AnyTaskFunction, TaskDefinition } from "./definitions.ts";
import { registerTask } from "./registry.ts";
import { checkSchema, type Schema, validated } from "./schema.ts";

/** Options of a task; they hold for each of its actions. */
export interface TaskOptions {
  /** Short name. Default: the function's name. Letters, digits, `_` and `-`; at most 63 characters. */
  readonly name?: string;
  /** Further attempts after the first one failed, at most 1,000. Losing a replica does not count. Default: none. */
  readonly retries?: Retries;
  /** Limits of its running time, as a duration or `{ maxRuntime, maxQueuedTime, deadline }`. Default: no limits. */
  readonly timeout?: Timeout;
  /** What inputs have to be, as a Standard Schema. The function is given what the schema makes of them. */
  readonly input?: Schema<unknown, unknown>;
  /** What outputs have to be, as a Standard Schema. The caller is given what the schema makes of them. */
  readonly output?: Schema<unknown, unknown>;
  /** Largest encoded input or output that may travel by value. Default: the environment's, which is 10 MB. */
  readonly maxInlineIo?: Size | number;
}

const fields: readonly (keyof TaskOptions)[] = [
  "name",
  "retries",
  "timeout",
  "input",
  "output",
  "maxInlineIo",
];

/** The task that a function without schemas becomes. */
export type TaskOf<F> = F extends (...args: infer A) => infer Returned
  ? Task<A extends readonly [] ? undefined : A[0], Awaited<Returned>>
  : never;

type Args<In> = undefined extends In ? [input?: In] : [input: In];

/**
 * A task: called like the function it was made of. Inside an action, a call makes a durable child action: it is executed
 * by the environment's replicas, retried as the task's options say, and its result is kept. Outside of a run, it is
 * the plain function, so unit tests need nothing.
 *
 * Inputs and outputs are values that structured clone knows, except functions, symbols and class instances.
 */
export interface Task<In, Out> {
  (...args: Args<In>): Promise<Out>;
  /** Full name: `<environment>.<function>`. */
  readonly taskName: string;
  /** The plain function, without checks and without durability. */
  readonly fn: (...args: Args<In>) => Out | Promise<Out>;
  /** The same task with other options for the calls made through what is returned. */
  override(options: Pick<TaskOptions, "retries" | "timeout" | "maxInlineIo">): Task<In, Out>;
}

const definitions = new WeakMap<object, TaskDefinition>();

/** The definition behind a task; null for any other value. */
export function definitionOf(task: unknown): TaskDefinition | null {
  return typeof task === "function" ? (definitions.get(task) ?? null) : null;
}

/** `environment` is where the task belongs, and what it inherits from it. */
export function defineTask(
  environment: { readonly name: string; readonly maxInlineIo: Size | number | undefined },
  fn: object,
  options: TaskOptions,
): Task<unknown, unknown> {
  if (!isFunction(fn)) throw noFunction(fn);
  const shortName = checkTaskName(options.name ?? fn.name);
  const name = `${environment.name}.${shortName}`;
  const what = `task "${name}"`;
  checkFields(options, fields, `options of ${what}`);
  if (fn.length > 1) throw tooManyArguments(name, fn.length);
  const definition: TaskDefinition = {
    name,
    environment: environment.name,
    fn,
    input: checkSchema(options.input, `input of ${what}`),
    output: checkSchema(options.output, `output of ${what}`),
    policy: policyOf(options, environment.maxInlineIo, what),
    module: callSite(),
  };
  registerTask(definition);
  return makeTask(definition);
}

function policyOf(options: TaskOptions, inherited: Size | number | undefined, what: string): ActionPolicy {
  const maxInlineIo = options.maxInlineIo ?? inherited ?? "10MB";
  return {
    retries: normaliseRetries(options.retries, what),
    timeouts: normaliseTimeout(options.timeout, what),
    maxInlineBytes: sizeBytes(maxInlineIo, `maxInlineIo of ${what}`, { minBytes: 1_000, maxBytes: 1e9 }),
  };
}

function makeTask(definition: TaskDefinition): Task<unknown, unknown> {
  const task = Object.assign(
    async (input?: unknown): Promise<unknown> => {
      const context = currentContext();
      if (context === null) return await runTask(definition, await validInput(definition, input));
      return await (await askTask(context, definition, input)).result;
    },
    {
      taskName: definition.name,
      fn: definition.fn,
      override: (options: Pick<TaskOptions, "retries" | "timeout" | "maxInlineIo">) =>
        makeTask(overridden(definition, options)),
    },
  );
  Object.defineProperty(task, "name", { value: definition.fn.name });
  definitions.set(task, definition);
  return task;
}

function overridden(
  definition: TaskDefinition,
  options: Pick<TaskOptions, "retries" | "timeout" | "maxInlineIo">,
): TaskDefinition {
  const what = `override of task "${definition.name}"`;
  checkFields(options, ["retries", "timeout", "maxInlineIo"], what);
  const fresh = policyOf(options, definition.policy.maxInlineBytes, what);
  const policy: ActionPolicy = {
    retries: options.retries === undefined ? definition.policy.retries : fresh.retries,
    timeouts: options.timeout === undefined ? definition.policy.timeouts : fresh.timeouts,
    maxInlineBytes: fresh.maxInlineBytes,
  };
  return { ...definition, policy };
}

/** Asks for a child action of the current one; refused before anything is enqueued if the input does not fit. */
export async function askTask(
  context: ActionContext,
  definition: TaskDefinition,
  input: unknown,
): Promise<ChildCall> {
  const value = definition.input === null ? input : await validInput(definition, input);
  return callChild(context, definition, value);
}

/** The input as the task's schema gives it back. @throws SchemaError */
export async function validInput(definition: TaskDefinition, input: unknown): Promise<unknown> {
  return await validated(definition.input, input, `Input of task "${definition.name}"`);
}

/** Calls the plain function with a valid input and checks its output. */
export async function runTask(definition: TaskDefinition, input: unknown): Promise<unknown> {
  const output = await definition.fn(input);
  return await validated(definition.output, output, `Output of task "${definition.name}"`);
}

function isFunction(value: unknown): value is AnyTaskFunction {
  return typeof value === "function";
}

function noFunction(value: unknown): PolicyError {
  return new PolicyError({
    what: "What was passed to task()",
    value: typeof value,
    allowed: "a function with a name",
    wayOut: "Pass the function itself, as in task(async function score(text) { … }).",
  });
}

function tooManyArguments(name: string, count: number): PolicyError {
  return new PolicyError({
    what: `Number of arguments of task "${name}"`,
    value: count,
    allowed: "0 or 1",
    wayOut: "Pass one object, as in task(async function score({ text, model }) { … }).",
  });
}
