/** The door for users: what tasks and drivers are written with. It loads no database and no client of any service. */
import { setDefaultBackend } from "./authoring/run.ts";

export { type CurrentAction, currentAction } from "./authoring/current-action.ts";
export { group } from "./authoring/group.ts";
export type { Logger, LogLevel } from "./authoring/logger.ts";
export { type MapOptions, type MapResult, map, type ToleratedFailures } from "./authoring/map.ts";
export { type RunBackend, type RunOptions, run } from "./authoring/run.ts";
export { RunHandle, type RunProgress, type RunStatus } from "./authoring/run-handle.ts";
export type { Schema } from "./authoring/schema.ts";
export { sleep } from "./authoring/sleep.ts";
export type { Task, TaskOptions } from "./authoring/task.ts";
export { TaskEnvironment, type TaskEnvironmentOptions } from "./authoring/task-environment.ts";
export { type Traced, type TraceOptions, trace } from "./authoring/trace.ts";
export type { Duration } from "./core/duration.ts";
export * from "./core/errors.ts";
export type { ResourceAmounts, Resources } from "./core/resources.ts";
export type { Backoff, Retries } from "./core/retry-policy.ts";
export type { FleetPolicy, ReusePolicy } from "./core/reuse-policy.ts";
export type { Size } from "./core/size.ts";
export type { Timeout } from "./core/timeouts.ts";
export type { ActionRow, RunSummary } from "./ports.ts";

setDefaultBackend(async () => {
  const { openDefaultLocal } = await import("./local.ts");
  return await openDefaultLocal();
});
