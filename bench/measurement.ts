/** One measurement: what is asked of the process that makes it, and what it tells. */
import type { Durability } from "drover/local";

/** Plain Node, plain Node with a commit for each checkpoint, or this package. */
export type Contender = "raw" | "sqlite" | "drover";

export interface Assignment {
  readonly workload: string;
  readonly contender: Contender;
  readonly durability: Durability;
  /** An empty folder. */
  readonly dir: string;
  /** When to kill, counted from the start of the run, where the workload asks for it. */
  readonly killAfterMs: number;
}

/** The measuring process waits for an answer to each, so that its watcher can read before it goes on. */
export type Report =
  | { readonly kind: "warm" }
  | {
      readonly kind: "done";
      readonly wallMs: number;
      /** What the first, tiny run took from nothing: processes started, code loaded. Null for baselines. */
      readonly coldMs: number | null;
      readonly fault: string | null;
      /** Of the measuring process alone. */
      readonly ownCpuMs: number;
      readonly ownResidentBytes: number;
    };
