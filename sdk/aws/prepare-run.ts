/** Records a run when its execution begins, and pins its code. */

import { validInput } from "../authoring/task.ts";
import type { PublishedCode } from "../backends/aws/published-code.ts";
import { UnknownTaskError } from "../core/errors.ts";
import type { RunRecord } from "../core/records.ts";
import { persist } from "../engine/persist.ts";
import { ensureStarted, startRun } from "../engine/start-run.ts";
import type { World } from "../ports.ts";
import type { BundleCache } from "./bundle-cache.ts";
import { readExecutionInput } from "./execution-input.ts";

export interface CodeSources {
  readonly bundles: BundleCache;
  readonly published: PublishedCode;
}

/**
 * The run that an execution is about. One that a client has recorded is taken as it is; else it is recorded here, with the task's
 * schema applied to its input. Safe to repeat.
 *
 * @throws InputError for an execution input that is none; UnknownTaskError, SchemaError, InlineLimitError.
 */
export async function prepareRun(world: World, code: CodeSources, given: unknown): Promise<RunRecord> {
  const input = readExecutionInput(given);
  const recorded = await persist(world, () => world.store.readRun(input.run));
  if (recorded !== null) {
    await ensureStarted(world, recorded);
    return recorded;
  }
  const bundle = input.bundle ?? (await persist(world, () => code.published.read(input.task)));
  if (bundle === null) throw new UnknownTaskError({ task: input.task, known: [], suggestion: null });
  const definition = await code.bundles.findTask(bundle, input.task);
  const value = await validInput(definition, input.input ?? undefined);
  const request = { name: input.run, task: definition, input: value, code: bundle };
  return (await startRun(world, request)).run;
}
