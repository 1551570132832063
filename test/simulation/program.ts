/** What a simulated user wrote: tasks made of statements. Pure data; interpreter.ts runs it, expected.ts says what it must give. */

import type { TimeoutLimit } from "../../sdk/core/limits.ts";
import type { ActionPolicy } from "../../sdk/core/records.ts";

/** A traced function: its result and its way to fail depend on its name and argument alone. */
export interface TraceFunction {
  readonly name: string;
  readonly mode: "sync" | "async" | "void";
  readonly ms: number;
  readonly sizeBytes: number;
  /** It throws in the attempts up to this one of its action; 0: never. */
  readonly failsThrough: number;
  /** Traces that its body calls. */
  readonly innerCount: number;
}

export type ThrownKind = "order" | "final" | "text";

export type Statement =
  | { readonly kind: "trace"; readonly fn: TraceFunction; readonly arg: number; readonly isCaught: boolean }
  | {
      readonly kind: "stream";
      /** `items` values, then its end, or an error in the attempts up to `fn.failsThrough`. */
      readonly fn: TraceFunction;
      readonly items: number;
      /** Items after which the consumer leaves; null: it takes all. */
      readonly leaveAfter: number | null;
      readonly isCaught: boolean;
    }
  | {
      readonly kind: "call";
      readonly task: number;
      readonly arg: number;
      readonly sizeBytes: number;
      readonly isCaught: boolean;
    }
  | { readonly kind: "sleep"; readonly ms: number }
  /** Waits for something that Drover does not know of. */
  | { readonly kind: "local"; readonly ms: number }
  | { readonly kind: "throw"; readonly throughAttempt: number; readonly thrown: ThrownKind }
  | { readonly kind: "all"; readonly branches: readonly (readonly Statement[])[] }
  | { readonly kind: "race"; readonly branches: readonly (readonly Statement[])[] }
  | { readonly kind: "pool"; readonly width: number; readonly items: readonly Statement[] }
  /** A child that nobody waits for. */
  | { readonly kind: "spawn"; readonly task: number; readonly arg: number }
  /** A child that is aborted while it sleeps. */
  | { readonly kind: "abort"; readonly task: number; readonly arg: number }
  /** A child whose caller stops waiting for it. */
  | { readonly kind: "cancel"; readonly task: number; readonly arg: number; readonly isPrompt: boolean }
  /** A task called inside a trace, which is refused. */
  | { readonly kind: "nesting"; readonly task: number }
  /** A child whose input is too large, which is refused. */
  | { readonly kind: "oversize"; readonly task: number }
  /** Code that is not deterministic: what it asks for depends on something that changes. */
  | { readonly kind: "volatile"; readonly task: number | null; readonly salt: number };

export interface Task {
  readonly index: number;
  readonly environment: string;
  readonly policy: ActionPolicy;
  readonly body: readonly Statement[];
  /** The limit that surely ends each of its attempts, if any. */
  readonly passes: TimeoutLimit | null;
}

export interface Program {
  readonly tasks: readonly Task[];
  readonly environments: readonly EnvironmentShape[];
  readonly arg: number;
  /** Its limits may or may not be met: only that it ends can be expected. */
  readonly isRacy: boolean;
  readonly isVolatile: boolean;
  /** It waits for things outside Drover, during which a parked action may go on without a slot. */
  readonly hasLocalWaits: boolean;
  /** The root action is aborted from outside after so long. */
  readonly abortRootAfterMs: number | null;
}

/** A fleet: `workers` replicas with `concurrency` slots each. */
export interface EnvironmentShape {
  readonly name: string;
  readonly workers: number;
  readonly concurrency: number;
}

export function taskName(task: Task): string {
  return `${task.environment}.t${task.index}`;
}
