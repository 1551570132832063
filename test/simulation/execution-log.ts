/** What one execution of an action's code was told, in order. */
import type { Execution } from "../../sdk/engine/execution.ts";
import type { SimProcess } from "./sim-process.ts";

export class ExecutionLog {
  readonly process: SimProcess;
  readonly execution: Execution;
  readonly epoch: number;
  /** Id of the trace record that was told last. */
  lastTrace: string | null = null;
  readonly #prefix: readonly string[];
  readonly #delivered: string[] = [];

  /** `prefix` is what it has to be told first, as far as that is known. */
  constructor(process: SimProcess, execution: Execution, prefix: readonly string[]) {
    this.process = process;
    this.execution = execution;
    this.epoch = execution.claimed.state.epoch;
    this.#prefix = prefix;
  }

  /** Null if this is what was told at this place before, or nothing is known of it. */
  deliver(id: string): string | null {
    const place = this.#delivered.length;
    this.#delivered.push(id);
    const before = this.#prefix[place];
    if (before === undefined || before === id) return null;
    return `delivery ${place + 1} was ${before} and is ${id} now`;
  }

  /** What was told up to and including `id`; everything if it was not told (yet). */
  upTo(id: string): readonly string[] {
    const place = this.#delivered.lastIndexOf(id);
    return place < 0 ? [...this.#delivered] : this.#delivered.slice(0, place + 1);
  }
}
