import { PolicyError } from "../core/errors.ts";
import { checkFields, wholeNumber } from "../core/policy-fields.ts";
import { cancelChild } from "../engine/cancel.ts";
import { type ActionContext, currentContext } from "../engine/context.ts";
import { MapWindow } from "./map-window.ts";
import { askTask, definitionOf, type Task } from "./task.ts";

/** Failures that `map` puts up with. Give one bound or both; the first that is passed ends the map. */
export interface ToleratedFailures {
  /** At most this many. */
  readonly count?: number;
  /** At most this part of all items, from 0 to 100. Of an iterable it is judged when all items are known. */
  readonly percent?: number;
}

/** How `map` calls, and what it makes of failures. */
export interface MapOptions {
  /**
   * Most calls under way at once, at least 1. When iterated over, also how far `map` reads ahead of its consumer.
   *
   * @default 10_000
   */
  readonly concurrency?: number;
  /**
   * `"throw"`: the first failure ends the map with its error. `"return"`: every item has an outcome, as from
   * Promise.allSettled.
   *
   * @default "throw"
   */
  readonly onError?: "throw" | "return";
  /** With `onError: "return"`: how many failures are too many. Default: no limit. */
  readonly tolerate?: ToleratedFailures;
}

type Items<In> = Iterable<In> | AsyncIterable<In>;

/** Awaited: an array in the order of the items. Iterated over: the same, one by one, with a bounded window in memory. */
export interface MapResult<T> extends PromiseLike<T[]>, AsyncIterable<T> {}

const concurrencyDefault = 10_000;

/**
 * Calls a task (or any async function) for each item, many at once, and gives the results in the order of the items.
 *
 * Awaited, it gives an array. Iterated over with `for await`, it keeps at most `concurrency` results and running calls in
 * memory, and starts new calls only as fast as its consumer takes results. When it ends early, by an error or because the
 * consumer leaves, calls of a task that are still running are cancelled.
 *
 * Items of an (async) iterable are read one at a time, as they are needed; reading them must do the same in a replay.
 *
 * @throws PolicyError for invalid options; with `onError: "throw"` the first error; with `tolerate` a MapFailedError.
 *
 * @example
 * const outcomes = await map(processBatch, ranges, { concurrency: 10, onError: "return" });
 * const failed = outcomes.filter((outcome) => outcome.status === "rejected");
 */
export function map<In, Out>(
  task: Task<In, Out> | ((item: In) => Out | Promise<Out>),
  items: Items<NoInfer<In>>,
  options: MapOptions & { readonly onError: "return" },
): MapResult<PromiseSettledResult<Awaited<Out>>>;
export function map<In, Out>(
  task: Task<In, Out> | ((item: In) => Out | Promise<Out>),
  items: Items<NoInfer<In>>,
  options?: MapOptions & { readonly onError?: "throw" },
): MapResult<Awaited<Out>>;
export function map(
  task: (item: never) => unknown,
  items: Items<unknown>,
  options: MapOptions = {},
): MapResult<unknown> {
  const checked = checkOptions(options);
  const context = currentContext();
  const length = Array.isArray(items) ? items.length : null;
  const makeWindow = (isAhead: boolean) =>
    new MapWindow({ ...checked, items, length, call: caller(context, task), isBoundedAhead: isAhead });
  let all: Promise<unknown[]> | null = null;
  return {
    // biome-ignore lint/suspicious/noThenProperty: being awaitable is what it is for.
    then: (onDone, onFail) => {
      all ??= makeWindow(false).collect();
      return all.then(onDone, onFail);
    },
    [Symbol.asyncIterator]: () => makeWindow(true).iterate(),
  };
}

interface MappedCall {
  readonly result: Promise<unknown>;
  cancel(): void;
}

/** How one item is called: as a child that can be cancelled, or as a plain function. */
function caller(
  context: ActionContext | null,
  task: (item: never) => unknown,
): (item: unknown) => MappedCall {
  const definition = definitionOf(task);
  if (context === null || definition === null) {
    const plain = task as (item: unknown) => unknown;
    return (item) => ({ result: (async () => plain(item))(), cancel: () => {} });
  }
  return (item) => {
    const asked = askTask(context, definition, item);
    return {
      result: asked.then((child) => child.result),
      cancel: () => {
        asked.then(
          (child) => cancelChild(context, child.id),
          () => {},
        );
      },
    };
  };
}

function checkOptions(options: MapOptions) {
  checkFields(options, ["concurrency", "onError", "tolerate"], "options of map");
  const { concurrency = concurrencyDefault, onError = "throw", tolerate } = options;
  wholeNumber(concurrency, "concurrency of map", {
    min: 1,
    max: 1_000_000,
    wayOut: "Leave it out for the default of 10,000.",
  });
  if (onError !== "throw" && onError !== "return") {
    throw new PolicyError({
      what: "onError of map",
      value: onError,
      allowed: '"throw" or "return"',
      wayOut: "Choose one of the two.",
    });
  }
  if (tolerate !== undefined) checkTolerance(tolerate, onError);
  return { concurrency, onError, tolerate: tolerate ?? null };
}

function checkTolerance(tolerate: ToleratedFailures, onError: "throw" | "return"): void {
  checkFields(tolerate, ["count", "percent"], "tolerated failures of map");
  if (onError === "throw") {
    throw new PolicyError({
      what: "tolerate of map",
      value: tolerate,
      allowed: 'only with onError: "return"',
      wayOut: 'Add onError: "return", so that tolerated failures have a place in the results.',
    });
  }
  if (tolerate.count !== undefined) {
    wholeNumber(tolerate.count, "tolerate.count of map", {
      min: 0,
      max: Number.MAX_SAFE_INTEGER,
      wayOut: "Give the number of failures that are still acceptable.",
    });
  }
  const { percent } = tolerate;
  if (percent !== undefined && !(percent >= 0 && percent <= 100)) {
    throw new PolicyError({
      what: "tolerate.percent of map",
      value: percent,
      allowed: "a number from 0 to 100",
      wayOut: "Give the part of items that may fail, in percent.",
    });
  }
}
