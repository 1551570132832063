import { PolicyError } from "../core/errors.ts";
import { SERVICE_QUEUE } from "../core/identity.ts";
import { checkEnvironmentName } from "../core/names.ts";
import { checkFields } from "../core/policy-fields.ts";
import { normaliseResources, type ResourceAmounts, type Resources } from "../core/resources.ts";
import { type FleetPolicy, normaliseReusePolicy, type ReusePolicy } from "../core/reuse-policy.ts";
import type { Size } from "../core/size.ts";
import type { EnvironmentDefinition } from "./definitions.ts";
import { registerEnvironment } from "./registry.ts";
import type { Schema } from "./schema.ts";
import { defineTask, type Task, type TaskOf, type TaskOptions } from "./task.ts";

/** What the tasks of an environment share. */
export interface TaskEnvironmentOptions {
  /** What one replica gets of its machine. What is left out is up to the backend. */
  readonly resources?: Resources;
  /**
   * Keeps a fleet of warm replicas that serve action after action. Without it, each action gets a process or container
   * of its own, which is what a driver wants.
   */
  readonly reusable?: ReusePolicy;
  /** Another name of `reusable`. */
  readonly reusePolicy?: ReusePolicy;
  /** Environments whose tasks are called from tasks of this one. */
  readonly dependsOn?: readonly TaskEnvironment[];
  /** Container image, where replicas are containers. */
  readonly image?: string;
  /** For people; at most 255 characters. */
  readonly description?: string;
  /**
   * Largest encoded input or output of its tasks that may travel by value. From `"1KB"` to `"1GB"`.
   *
   * @default "10MB"
   */
  readonly maxInlineIo?: Size | number;
}

const fields: readonly (keyof TaskEnvironmentOptions)[] = [
  "resources",
  "reusable",
  "reusePolicy",
  "dependsOn",
  "image",
  "description",
  "maxInlineIo",
];

const descriptionLengthMax = 255;

/**
 * A name, resources and reuse policy that several tasks share: what a fleet of equal replicas serves.
 *
 * Replay: an environment holds no state of runs. Its name is part of its tasks' names, so renaming it makes other tasks.
 *
 * @throws PolicyError for an invalid or repeated name, or any invalid setting.
 *
 * @example
 * const scoring = new TaskEnvironment("scoring", {
 *   resources: { cpu: 1, memory: "2Gi" },
 *   reusable: { replicas: [3, 10], concurrency: 5, idleTtl: "5m" },
 * });
 * export const score = scoring.task(async function score(text: string) {
 *   return text.length;
 * });
 */
export class TaskEnvironment implements EnvironmentDefinition {
  /** Its name, which is the first part of its tasks' names. */
  readonly name: string;
  /** What one replica gets of its machine, in numbers. */
  readonly resources: ResourceAmounts;
  /** The fleet's policy in numbers; null where each action gets a replica of its own. */
  readonly reusable: FleetPolicy | null;
  /** Environments whose tasks are called from tasks of this one. */
  readonly dependsOn: readonly TaskEnvironment[];
  /** Container image; null for the backend's own. */
  readonly image: string | null;
  /** Cut to 255 characters; null where there is none. */
  readonly description: string | null;
  /** As it was given; tasks turn it into bytes. */
  readonly maxInlineIo: Size | number | undefined;

  constructor(name: string, options: TaskEnvironmentOptions = {}) {
    const what = `environment "${name}"`;
    this.name = checkEnvironmentName(name);
    if (name === SERVICE_QUEUE) throw reservedName(name);
    checkFields(options, fields, what);
    this.resources = normaliseResources(options.resources, what);
    const reusable = options.reusable ?? options.reusePolicy;
    this.reusable = reusable === undefined ? null : normaliseReusePolicy(reusable, what);
    this.dependsOn = [...(options.dependsOn ?? [])];
    this.image = options.image ?? null;
    this.description = options.description?.slice(0, descriptionLengthMax) ?? null;
    this.maxInlineIo = options.maxInlineIo;
    registerEnvironment(this);
  }

  /**
   * Makes a task of an async function with at most one argument. The task is called like the function: inside an action that
   * makes a durable child action, outside of a run it is the plain function.
   *
   * Replay: the task's code runs again from its start whenever its action continues, and is given recorded results for
   * what it has done before; so outside traces it must do the same each time. `retries` begin a new attempt.
   *
   * A task that calls itself needs a function of another name, or none: within `async function score`, `score` is that
   * function and not the task.
   *
   * @throws PolicyError for a function without name or with more than one argument, a repeated name, or any invalid option.
   *
   * @example
   * const double = environment.task(async function double(n: number) {
   *   return n * 2;
   * }, { retries: 3, timeout: "10m" });
   */
  task<In, Checked, Returned, Out = Awaited<Returned>>(
    fn: (input: Checked) => Returned,
    options: TaskOptions & {
      readonly input: Schema<In, Checked>;
      readonly output?: Schema<unknown, Out>;
    },
  ): Task<In, Out>;
  task<F extends object, Out>(
    fn: F,
    options: TaskOptions & { readonly output: Schema<unknown, Out> },
  ): TaskOf<F> extends Task<infer In, unknown> ? Task<In, Out> : never;
  task<F extends object>(fn: F, options?: TaskOptions): TaskOf<F>;
  task(fn: object, options: TaskOptions = {}): Task<unknown, unknown> {
    return defineTask(this, fn, options);
  }
}

function reservedName(name: string): PolicyError {
  return new PolicyError({
    what: "Name of an environment",
    value: name,
    allowed: "any other name",
    wayOut: "Drover uses it itself; choose another.",
  });
}
