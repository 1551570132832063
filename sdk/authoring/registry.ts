/**
 * The tasks and environments that this process has defined. One registry per process, also if two copies of this package
 * are loaded: the user's module and the replica that loads it have to see the same tasks.
 */
import { PolicyError, UnknownTaskError } from "../core/errors.ts";
import { closestName } from "../core/names.ts";
import type { EnvironmentDefinition, TaskDefinition } from "./definitions.ts";

interface Registry {
  readonly tasks: Map<string, TaskDefinition>;
  readonly environments: Map<string, EnvironmentDefinition>;
}

const key = Symbol.for("drover.registry");

function registry(): Registry {
  const holder = globalThis as { [key]?: Registry };
  holder[key] ??= { tasks: new Map(), environments: new Map() };
  return holder[key];
}

export function registerEnvironment(environment: EnvironmentDefinition): void {
  const { environments } = registry();
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
  const { tasks } = registry();
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

/** All tasks defined so far, by full name. */
export function definedTasks(): ReadonlyMap<string, TaskDefinition> {
  return registry().tasks;
}

/** All environments defined so far, by name. */
export function definedEnvironments(): ReadonlyMap<string, EnvironmentDefinition> {
  return registry().environments;
}

/** The task of that full name. @throws UnknownTaskError, with the nearest name that exists. */
export function findTask(name: string): TaskDefinition {
  const { tasks } = registry();
  const task = tasks.get(name);
  if (task !== undefined) return task;
  const known = [...tasks.keys()];
  throw new UnknownTaskError({ task: name, known, suggestion: closestName(name, known) });
}
