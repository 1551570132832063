import { currentContext, runInContext } from "../engine/context.ts";

/**
 * Names a part of a run: the actions and traces that `fn` asks for are shown under `name`. Groups do not nest: the innermost
 * counts. It has no effect on what is executed or replayed. Answers what `fn` returns.
 *
 * @example
 * const pages = await group("download", () => map(download, urls));
 */
export function group<T>(name: string, fn: () => T): T {
  const context = currentContext();
  return context === null ? fn() : runInContext({ ...context, group: name }, fn);
}
