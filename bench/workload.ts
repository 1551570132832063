/** What is measured: a task of ours, and the same work in plain Node with as many checkpoints as the baseline keeps. */
import { type RunHandle, run, type Task } from "drover";
import type { LocalBackend } from "drover/local";

/** Keeps a value under a key before it returns; the baseline without durability keeps nothing. */
export type Checkpoint = (key: string, value: unknown) => void;

/** How much of it: what is measured, a tenth of it to warm up, or just enough to have everything loaded and started. */
type Amount = "whole" | "part" | "tiny";

export interface Workload {
  /** What to call it on the command line. */
  readonly name: string;
  readonly title: string;
  /** What its rate counts, and how many of them a whole run does. */
  readonly unit: string;
  readonly count: number;
  /** All replicas of this environment are killed half way; null for an undisturbed run. */
  readonly killed: string | null;
  start(backend: LocalBackend, amount: Amount): Promise<RunHandle<unknown>>;
  plain(checkpoint: Checkpoint, amount: Amount): Promise<unknown>;
  /** What is wrong with the output; null if it is right. */
  fault(output: unknown, amount: Amount): string | null;
}

interface Definition<In, Out> extends Pick<Workload, "name" | "title" | "unit" | "count"> {
  readonly killed?: string;
  readonly task: Task<In, Out>;
  readonly inputs: Readonly<Record<Amount, In>>;
  plain(input: In, checkpoint: Checkpoint): Promise<Out>;
  fault(output: Out, input: In): string | null;
}

/** The workload without its types, so that all of them fit one list. */
export function workload<In, Out>(definition: Definition<In, Out>): Workload {
  const { name, title, unit, count, killed = null, task, inputs } = definition;
  // The input is always given, so the optional form of `run`'s arguments does not arise.
  const start = run as (
    task: Task<In, Out>,
    input: In,
    options: { backend: LocalBackend },
  ) => Promise<RunHandle<Out>>;
  return {
    name,
    title,
    unit,
    count,
    killed,
    start: (backend, amount) => start(task, inputs[amount], { backend }),
    plain: (checkpoint, amount) => definition.plain(inputs[amount], checkpoint),
    fault: (output, amount) => definition.fault(output as Out, inputs[amount]),
  };
}

/** What an action costs where each change is a commit of its own: that it was sent, claimed, and how it ended. */
export async function plainAction<Out>(
  checkpoint: Checkpoint,
  key: string,
  input: unknown,
  body: () => Out | Promise<Out>,
): Promise<Out> {
  checkpoint(`${key}/sent`, input);
  checkpoint(`${key}/claimed`, null);
  const output = await body();
  checkpoint(`${key}/ended`, output);
  return output;
}
