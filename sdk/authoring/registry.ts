/**
 * The tasks and environments that this process has defined. One registry per process, also if two copies of this package
 * are loaded: the user's module and the replica that loads it have to see the same tasks.
 *
 * R1. What a module defines that is kept apart is found by naming that module, and in no other way. So two versions of the
 *     same code are in one process without mixing.
 */
import { PolicyError, UnknownTaskError } from "../core/errors.ts";
import { closestName } from "../core/names.ts";
import { callSite } from "./call-site.ts";
import type { EnvironmentDefinition, TaskDefinition } from "./definitions.ts";

interface Registry {
  readonly tasks: Map<string, TaskDefinition>;
  readonly environments: Map<string, EnvironmentDefinition>;
}

const key = Symbol.for("drover.registry");
const apartKey = Symbol.for("drover.registry.apart");
const holder = globalThis as { [key]?: Registry; [apartKey]?: Map<string, Registry> };

/** The registry of the process, or that of a module that is kept apart (R1). */
function registry(module: string | null = null): Registry {
  if (module !== null) {
    const kept = apart().get(module);
    if (kept !== undefined) return kept;
  }
  holder[key] ??= emptyRegistry();
  return holder[key];
}

function apart(): Map<string, Registry> {
  holder[apartKey] ??= new Map();
  return holder[apartKey];
}

function emptyRegistry(): Registry {
  return { tasks: new Map(), environments: new Map() };
}

/** Gives what the module at this URL will define a registry of its own (R1). Said again, it changes nothing. */
export function keepApart(module: string): void {
  if (!apart().has(module)) apart().set(module, emptyRegistry());
}

export function registerEnvironment(environment: EnvironmentDefinition): void {
  const { environments } = registry(apart().size === 0 ? null : callSite());
  if (environments.has(environment.name)) {
    throw new PolicyError({
      what: "Name of an environment",
      value: environment.name,
      allowed: "a name that no other environment has",
      wayOut: "Share one environment between files by exporting it, or rename one of the two.",
    });
  }
  environments.set(environment.name, environment);
}

export function registerTask(task: TaskDefinition): void {
  const { tasks } = registry(task.module);
  if (tasks.has(task.name)) {
    throw new PolicyError({
      what: "Name of a task",
      value: task.name,
      allowed: "a name that no other task of the environment has",
      wayOut: "Rename the function, or give the task another name in its options.",
    });
  }
  tasks.set(task.name, task);
}

/** All tasks defined so far, by full name; with a module that is kept apart, those that it has defined. */
export function definedTasks(module?: string): ReadonlyMap<string, TaskDefinition> {
  return registry(module).tasks;
}

/** All environments defined so far, by name; with a module that is kept apart, those that it has defined. */
export function definedEnvironments(module?: string): ReadonlyMap<string, EnvironmentDefinition> {
  return registry(module).environments;
}

/**
 * The task of that full name.
 *
 * @param module URL of a module that is kept apart: only what it has defined is looked at.
 * @throws UnknownTaskError, with the nearest name that exists.
 */
export function findTask(name: string, module?: string): TaskDefinition {
  const { tasks } = registry(module);
  const task = tasks.get(name);
  if (task !== undefined) return task;
  const known = [...tasks.keys()];
  throw new UnknownTaskError({ task: name, known, suggestion: closestName(name, known) });
}
