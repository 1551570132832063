/**
 * One executor's run of one action's code: starts what the code asks for, records what it finishes, and waits without a
 * slot. How the code is answered is in deliveries.ts.
 *
 * E1. Once closed, an execution delivers nothing, starts nothing and writes nothing; what its code still asks for never
 *     settles.
 * E3. A trace is delivered only when its record is durable.
 */
import type { ExecutorReport } from "../core/action-state.ts";
import { NondeterminismError } from "../core/errors.ts";
import { nextLimit } from "../core/limits.ts";
import type { ActionSpec, LogPosition, Outcome, TraceRecord } from "../core/records.ts";
import type { World } from "../ports.ts";
import type { ClaimedAction } from "./claimed-action.ts";
import { type Ask, Deliveries } from "./deliveries.ts";
import { abortReason, type ExecutionEnd } from "./execution-end.ts";
import { JournalWriter } from "./journal-writer.ts";
import { MailboxReader } from "./mailbox-reader.ts";
import { Outbox } from "./outbox.ts";
import { Parking } from "./parking.ts";
import type { Slots } from "./slots.ts";

export interface ExecutionOptions {
  readonly slots: Slots;
  /** How long an action that only waits stays in memory. */
  readonly lingerMs: number;
  /** Called when it has nothing to do but wait, maybe more than once. */
  readonly onPark: () => void;
}

export class Execution {
  readonly world: World;
  readonly claimed: ClaimedAction;
  readonly #deliveries: Deliveries;
  readonly #parking: Parking;
  readonly #onPark: () => void;
  // Many actions have no traces, and most no children: what serves those is made when it is needed.
  #abort: AbortController | null = null;
  #writer: JournalWriter | null = null;
  #outbox: Outbox | null = null;
  #reader: MailboxReader | null = null;
  #ended: ExecutionEnd | null = null;
  #onEnd: ((end: ExecutionEnd) => void) | null = null;
  #bodies = 0;
  #recorded = 0;
  #spawned: boolean;

  constructor(world: World, claimed: ClaimedAction, options: ExecutionOptions) {
    this.world = world;
    this.claimed = claimed;
    this.#spawned = claimed.children.size > 0;
    this.#onPark = options.onPark;
    this.#parking = new Parking(options.slots, world.clock, options.lingerMs, () =>
      this.close({ kind: "resting" }),
    );
    this.#deliveries = new Deliveries(world, claimed, this);
  }

  /** Aborted when the execution ends in any way; the reason tells why. */
  get signal(): AbortSignal {
    if (this.#abort === null) {
      this.#abort = new AbortController();
      if (this.#ended !== null) this.#abort.abort(abortReason(this.claimed.spec, this.#ended));
    }
    return this.#abort.signal;
  }

  get isClosed(): boolean {
    return this.#ended !== null;
  }

  /** True while it only waits and holds no slot. */
  get isParked(): boolean {
    return !this.#parking.hasSlot;
  }

  /** True while the code is told what it, or an earlier executor of it, had been told before. */
  get isReplaying(): boolean {
    return !this.#deliveries.isLive;
  }

  get isFlushing(): boolean {
    return this.#writer?.isFlushing ?? false;
  }

  get position(): LogPosition {
    return this.#deliveries.position;
  }

  /** The time of the latest delivery: the same again in a replay. */
  get nowMs(): number {
    return this.#deliveries.nowMs;
  }

  report(): ExecutorReport {
    return {
      tracesExecuted: this.claimed.log.recordCount + this.#recorded,
      tracesReplayed: this.claimed.state.tracesReplayed + this.#deliveries.replayed,
      spawned: this.#spawned,
    };
  }

  /** Runs the code to its end, or to another end of this execution. Never rejects. */
  run(body: () => unknown): Promise<ExecutionEnd> {
    const ended = new Promise<ExecutionEnd>((resolve) => {
      this.#onEnd = resolve;
    });
    this.#watchLimits();
    const running = async () => body();
    running().then(
      (value) => this.#finish({ kind: "returned", value }),
      (error: unknown) => this.#finish({ kind: "threw", error }),
    );
    this.#deliveries.wake();
    return ended;
  }

  /** Ends this execution from outside or inside; the first end counts (E1). */
  close(end: ExecutionEnd): void {
    if (this.isClosed) return;
    this.#ended = end;
    this.#abort?.abort(abortReason(this.claimed.spec, end));
    this.#parking.leave();
    this.#deliveries.close();
    this.#onEnd?.(end);
  }

  /** Registers what the code asks for, and promises its result. `known` answers it at once. */
  ask(ask: Ask, known: Outcome | null): Promise<unknown> {
    if (this.isClosed) return new Promise(() => {});
    if (ask.kind === "child") this.#spawned = true;
    // The slot may come when nothing else happens any more: it is then to be given up again.
    if (!this.#parking.hasSlot) void this.#parking.unpark().then(() => this.#deliveries.wake());
    return this.#deliveries.ask(ask, known);
  }

  /** A trace's body has begun (+1) or settled (-1). */
  countBody(change: 1 | -1): void {
    this.#bodies += change;
  }

  /** A trace has finished here: it is delivered when its record is durable (E3). */
  record(record: TraceRecord, fresh: { readonly value: unknown } | null): void {
    if (this.isClosed) return;
    this.#recorded += 1;
    this.#deliveries.keepFresh(record, fresh);
    this.#writer ??= this.#makeWriter();
    this.#writer.add(record);
    this.#deliveries.wake();
  }

  /** A child or timer to be started, or whose message has to be sent again. */
  send(spec: ActionSpec, isWritten: boolean): void {
    this.#outbox ??= new Outbox(this.world, {
      sent: () => this.#deliveries.wake(),
      failed: (error) => this.broken(error),
    });
    this.#outbox.add(spec, isWritten);
  }

  /** Runs a start that has something to store first; the execution does not rest meanwhile. */
  async startAside(start: () => Promise<void>): Promise<void> {
    this.#bodies += 1;
    try {
      await start();
    } catch (error) {
      this.broken(error);
    }
    this.#bodies -= 1;
    this.#deliveries.wake();
  }

  takeSlot(): Promise<void> | null {
    return this.#parking.hasSlot ? null : this.#parking.unpark();
  }

  /** Nothing to deliver: send what has gathered, and see whether there is anything to do but wait. */
  rest(): void {
    this.#outbox?.flush();
    this.#writer?.flush(this.position);
    if (this.#deliveries.waits === 0) return;
    this.#reader ??= this.#makeReader();
    this.#reader.follow(() => this.#deliveries.waits > 0 && !this.isClosed);
    const isSent = (this.#writer?.isEmpty ?? true) && (this.#outbox?.isEmpty ?? true);
    if (!isSent || this.#bodies > 0) return;
    this.#parking.park();
    this.#onPark();
  }

  broken(error: unknown): void {
    this.close({ kind: "broken", error });
  }

  strayed(missing: string, asked: string): void {
    this.close({ kind: "threw", error: new NondeterminismError({ expected: missing, got: asked }) });
  }

  #makeWriter(): JournalWriter {
    return new JournalWriter(this.world, this.claimed.state, {
      durable: (batch) => this.#deliveries.append(batch),
      fenced: () => this.close({ kind: "fenced" }),
      failed: (error) => this.broken(error),
    });
  }

  #makeReader(): MailboxReader {
    const { mailbox, spec } = this.claimed;
    const events = {
      arrived: () => this.#deliveries.wake(),
      failed: (error: unknown) => this.broken(error),
    };
    return new MailboxReader(this.world, mailbox, spec.id, events, this.signal);
  }

  #finish(end: ExecutionEnd): void {
    if (this.isClosed) return;
    const missing = this.#deliveries.unasked();
    if (missing === null) this.close(end);
    else
      this.strayed(missing, end.kind === "threw" ? `an error (${String(end.error)})` : "the end of the task");
  }

  #watchLimits(): void {
    const limit = nextLimit(this.claimed.state, this.claimed.spec.policy);
    if (limit === null) return;
    const { clock } = this.world;
    void clock.wait(Math.max(0, limit.atMs - clock.nowMs()), this.signal).then(() => {
      this.close({ kind: "expired" });
    });
  }
}
