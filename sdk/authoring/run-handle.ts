import { fromErrorRecord } from "../core/error-record.ts";
import { type ActionState, type ActionStatus, isEnded, type RunRecord } from "../core/records.ts";
import { abortOne } from "../engine/abort.ts";
import { loadPayload } from "../engine/payloads.ts";
import { persist } from "../engine/persist.ts";
import type { Catalog, RunSummary, World } from "../ports.ts";

/** How a run ended, or how it stands. */
export type RunStatus = ActionStatus;

/** A look at a run. */
export interface RunProgress extends RunSummary {
  /** How the run stood at that moment. */
  readonly status: RunStatus;
  /** Milliseconds from the start of the run to that moment, or to its end. */
  readonly elapsedMs: number;
}

/** What a handle needs of a backend. */
export interface RunView {
  readonly world: World;
  readonly catalog: Catalog;
  /** Resolves when the run ends, or after `withinMs`. Without it, handles look again and again. */
  whenEnded?(run: string, withinMs: number): Promise<void>;
  /** Told of a run that was aborted by its handle, after it was. */
  aborted?(run: RunRecord, reason: string): Promise<void>;
}

const pollMsFirst = 10;
const pollMsMax = 250;
const whenEndedMs = 1_000;
const progressMsDefault = 500;

/** A run that was started here or is known by its name. All of it can be asked for again and again. */
export class RunHandle<Out = unknown> {
  /** Name of the run. */
  readonly name: string;
  /** False if a run of that name existed, so that nothing was started. */
  readonly created: boolean;
  readonly #view: RunView;
  readonly #record: RunRecord;

  constructor(view: RunView, record: RunRecord, created: boolean) {
    this.name = record.name;
    this.created = created;
    this.#view = view;
    this.#record = record;
  }

  /** How the run stands now. */
  async status(): Promise<RunStatus> {
    return (await this.#state())?.status ?? "queued";
  }

  /** Waits until the run has ended, in whatever way, and answers how. */
  async wait(): Promise<RunStatus> {
    return (await this.#ended()).status;
  }

  /** Waits for the run's output. @throws The error that the run failed with, or an ActionAbortedError. */
  async result(): Promise<Out> {
    const { outcome } = await this.#ended();
    if (outcome === null) throw new Error(`Run "${this.name}" has ended without an outcome.`);
    if (outcome.kind === "error") throw fromErrorRecord(outcome.error);
    return (await loadPayload(this.#view.world, outcome.payload)) as Out;
  }

  /** Ends the run and everything in it. One that has ended stays as it is. */
  async abort(reason = "abort was called"): Promise<void> {
    await abortOne(this.#view.world, this.#record.root.id, reason);
    await this.#view.aborted?.(this.#record, reason);
  }

  /**
   * How the run stands, now and then every `everyMs` (default 500, at least 10) until it has ended; the last look is at its end.
   *
   * @example
   * for await (const { actions } of handle.progress()) console.log(actions.succeeded);
   */
  async *progress(everyMs: number = progressMsDefault): AsyncGenerator<RunProgress, void, undefined> {
    const { clock } = this.#view.world;
    for (;;) {
      const state = await this.#state();
      yield await this.#look(state);
      if (state !== null && isEnded(state.status)) return;
      await clock.wait(Math.max(10, everyMs));
    }
  }

  async #look(state: ActionState | null): Promise<RunProgress> {
    const { catalog, world } = this.#view;
    const summary = await persist(world, () => catalog.summarize(this.name));
    const untilMs = state?.endedMs ?? world.clock.nowMs();
    return { ...summary, status: state?.status ?? "queued", elapsedMs: untilMs - this.#record.createdMs };
  }

  async #state(): Promise<ActionState | null> {
    const { world } = this.#view;
    const [state] = await persist(world, () => world.store.readStates([this.#record.root.id]));
    return state ?? null;
  }

  async #ended(): Promise<ActionState> {
    for (let waitMs = pollMsFirst; ; waitMs = Math.min(pollMsMax, waitMs * 1.5)) {
      const state = await this.#state();
      if (state !== null && isEnded(state.status)) return state;
      if (this.#view.whenEnded === undefined) await this.#view.world.clock.wait(waitMs);
      else await this.#view.whenEnded(this.name, whenEndedMs);
    }
  }
}
