import { PolicyError } from "../core/errors.ts";
import { checkFields } from "../core/policy-fields.ts";
import { currentContext } from "../engine/context.ts";
import { callTrace, type TraceCall } from "../engine/trace.ts";
import { callTraceStream } from "../engine/trace-stream.ts";

/** Options of a trace. */
export interface TraceOptions {
  /** Name in records and messages. Default: the function's name. */
  readonly name?: string;
  /** Change it to have recorded results of runs in flight set aside. Default: the empty string. */
  readonly version?: string;
}

type AnyFunction = (...args: never[]) => unknown;

/**
 * The traced form of a function: generators of both kinds become async generators, all other functions become async.
 */
export type Traced<F extends AnyFunction> = (...args: Parameters<F>) => TracedReturn<ReturnType<F>>;

/** `never` and `any` extend everything, also generators: they are looked at first. */
type TracedReturn<R> = [R] extends [never]
  ? Promise<never>
  : 0 extends 1 & R
    ? Promise<R>
    : [R] extends [Generator<infer Y, infer T, infer N> | AsyncGenerator<infer Y, infer T, infer N>]
      ? AsyncGenerator<Y, T, N>
      : Promise<Awaited<R>>;

/**
 * A checkpointed function. Inside an action, a call returns only when its result is durably recorded, and never runs
 * again in that run: a replay is given the record. Outside of a run it is the plain function.
 *
 * What is recorded: results (also `undefined`), errors (replayed within the same attempt, run again in the next), and
 * each item of a generator, before it reaches its consumer. A generator that was cut off in the middle starts anew, skipping
 * what is recorded; one that its consumer left early does not run again. Calls are told apart by name, version, arguments and
 * how many equal calls came before, not by their order of completion.
 *
 * Arguments and results are values that structured clone knows, except functions, symbols and class instances; a result may
 * be as large as the task's `maxInlineIo`. A trace holds no tasks and no `sleep`; other traces it may call.
 *
 * @throws PolicyError for a function without name, or an unknown option.
 *
 * @example
 * const submit = trace(async function submit(ids: number[]) {
 *   const response = await fetch("https://service.example/jobs", { method: "POST", body: JSON.stringify(ids) });
 *   const { job } = (await response.json()) as { job: string };
 *   return job;
 * });
 */
export function trace<F extends AnyFunction>(fn: F, options: TraceOptions = {}): Traced<F> {
  checkFields(options, ["name", "version"], "options of trace");
  const name = options.name ?? fn.name;
  if (name === "") throw unnamed();
  const call = (args: readonly unknown[]): TraceCall => ({ name, version: options.version ?? "", args });
  const plain = fn as unknown as (...args: readonly unknown[]) => unknown;
  const traced = isGenerator(fn)
    ? (...args: readonly unknown[]) => {
        const context = currentContext();
        if (context === null) return plainStream(plain, args);
        return callTraceStream(context, call(args), () => plain(...args) as AsyncIterator<unknown>);
      }
    : (...args: readonly unknown[]): Promise<unknown> => {
        const context = currentContext();
        if (context === null) return plainCall(plain, args);
        try {
          return callTrace(context, call(args), () => plain(...args));
        } catch (error) {
          return Promise.reject(error);
        }
      };
  Object.defineProperty(traced, "name", { value: name });
  return traced as unknown as Traced<F>;
}

const generators = new Set(["GeneratorFunction", "AsyncGeneratorFunction"]);

function isGenerator(fn: AnyFunction): boolean {
  return generators.has(Object.getPrototypeOf(fn).constructor.name);
}

async function plainCall(
  plain: (...args: readonly unknown[]) => unknown,
  args: readonly unknown[],
): Promise<unknown> {
  return await plain(...args);
}

async function* plainStream(
  plain: (...args: readonly unknown[]) => unknown,
  args: readonly unknown[],
): AsyncGenerator<unknown, unknown, unknown> {
  return yield* plain(...args) as AsyncGenerator<unknown, unknown, unknown>;
}

function unnamed(): PolicyError {
  return new PolicyError({
    what: "Name of a trace",
    value: "",
    allowed: "at least one character",
    wayOut: "Declare the function with a name, or pass { name }.",
  });
}
