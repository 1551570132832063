/** What hosts and the engine know of tasks and environments. */
import type { ResourceAmounts } from "../core/resources.ts";
import type { FleetPolicy } from "../core/reuse-policy.ts";
import type { TaskRef } from "../engine/children.ts";
import type { Schema } from "./schema.ts";

/** The code of a task, whatever it takes. */
export type AnyTaskFunction = (input?: unknown) => unknown;

/** A task as hosts and the engine see it. */
export interface TaskDefinition extends TaskRef {
  readonly fn: AnyTaskFunction;
  readonly input: Schema | null;
  readonly output: Schema | null;
  /** URL of the module that defined it; null where that cannot be told. */
  readonly module: string | null;
}

/** An environment as hosts see it. */
export interface EnvironmentDefinition {
  readonly name: string;
  readonly resources: ResourceAmounts;
  /** The fleet's policy in numbers; null where each action gets a replica of its own. */
  readonly reusable: FleetPolicy | null;
  readonly dependsOn: readonly EnvironmentDefinition[];
  readonly image: string | null;
  readonly description: string | null;
}
