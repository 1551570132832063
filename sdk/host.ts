/** The door for whoever executes actions: replicas, drivers and the hosts that serve them. */

export type { EnvironmentDefinition, TaskDefinition } from "./authoring/definitions.ts";
export { loadCode } from "./authoring/load-code.ts";
export { type LogLevel, type LogLine, logLine, setLogSink } from "./authoring/logger.ts";
export { definedEnvironments, definedTasks, findTask } from "./authoring/registry.ts";
export { startTask } from "./authoring/run.ts";
export { definitionOf, runTask } from "./authoring/task.ts";
export { closestName } from "./core/names.ts";
export { currentContext } from "./engine/context.ts";
export type { ResolveTask, TaskBody } from "./engine/execute.ts";
export { runService } from "./engine/service.ts";
export { Worker, type WorkerOptions } from "./engine/worker.ts";
