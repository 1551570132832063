/**
 * One executor's run of one action's code: takes what the code asks for (traces, children, timers), starts what is new,
 * and delivers what is known, in the order of core/delivery-order.ts.
 *
 * E1. Once closed, an execution delivers nothing, starts nothing and writes nothing; what its code still asks for never
 *     settles.
 * E2. Deliveries are made one at a time, each when the code has come to rest after the one before.
 * E3. A trace is delivered only when its record is durable.
 */
import { type ExecutorReport, nextLimit } from "../core/action-state.ts";
import { DeliveryOrder } from "../core/delivery-order.ts";
import { fromErrorRecord } from "../core/error-record.ts";
import { ActionAbortedError, NondeterminismError } from "../core/errors.ts";
import type { ReplayLog } from "../core/journal.ts";
import type { MailboxView } from "../core/mailbox.ts";
import type {
  ActionId,
  ActionSpec,
  ActionState,
  LogPosition,
  Outcome,
  TraceRecord,
} from "../core/records.ts";
import type { ChildRecord, World } from "../ports.ts";
import { JournalWriter } from "./journal-writer.ts";
import { MailboxReader } from "./mailbox-reader.ts";
import { Outbox } from "./outbox.ts";
import { Parking } from "./parking.ts";
import { loadPayload } from "./payloads.ts";
import type { Slots } from "./slots.ts";
import { StallWatch } from "./stall-watch.ts";

/** Everything durable about an action at the moment it was claimed. */
export interface ClaimedAction {
  readonly spec: ActionSpec;
  readonly state: ActionState;
  readonly log: ReplayLog;
  readonly mailbox: MailboxView;
  /** Children and timers asked for by earlier executors, by id. */
  readonly children: ReadonlyMap<ActionId, ChildRecord>;
  /** True if an earlier executor may have died between writing a child's spec and sending its message. */
  readonly mayLackMessages: boolean;
}

export type ExecutionEnd =
  | { readonly kind: "returned"; readonly value: unknown }
  | { readonly kind: "threw"; readonly error: unknown }
  /** It only waits, for longer than it may stay in memory. */
  | { readonly kind: "resting" }
  /** One of its limits has passed. */
  | { readonly kind: "expired" }
  /** Another executor has taken over, or somebody ended the action. */
  | { readonly kind: "fenced" }
  /** This worker is going away. */
  | { readonly kind: "handed-back" }
  /** The world would not take or give what was asked. */
  | { readonly kind: "broken"; readonly error: unknown };

/** Something that the code has asked for and waits for. */
export interface Ask {
  readonly id: string;
  readonly kind: "trace" | "child" | "timer";
  /** For messages: `trace "submit" (call 1)`. */
  readonly label: string;
  /** Begins the work; called at most once, and only when nothing recorded answers the ask. */
  start(): void;
}

interface OpenAsk {
  readonly ask: Ask;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  /** The result of the trace that has just run here, so that it need not be decoded again. */
  fresh: { readonly value: unknown } | null;
}

export interface ExecutionOptions {
  readonly slots: Slots;
  /** How long an action that only waits stays in memory. */
  readonly lingerMs: number;
}

export class Execution {
  readonly world: World;
  readonly claimed: ClaimedAction;
  readonly #abort = new AbortController();
  readonly #order: DeliveryOrder;
  readonly #writer: JournalWriter;
  readonly #outbox: Outbox;
  readonly #reader: MailboxReader;
  readonly #parking: Parking;
  readonly #stall: StallWatch;
  readonly #open = new Map<string, OpenAsk>();
  readonly #known: { readonly open: OpenAsk; readonly outcome: Outcome }[] = [];
  #held: OpenAsk[] = [];
  #end: ((end: ExecutionEnd) => void) | null = null;
  #isStepDue = false;
  #isDelivering = false;
  #bodies = 0;
  #waits = 0;
  #recorded = 0;
  #replayed = 0;
  #spawned: boolean;
  #nowMs: number;

  constructor(world: World, claimed: ClaimedAction, options: ExecutionOptions) {
    const { spec, state, log, mailbox, children } = claimed;
    this.world = world;
    this.claimed = claimed;
    this.#spawned = children.size > 0;
    this.#nowMs = state.startedMs ?? state.createdMs;
    this.#order = new DeliveryOrder(
      log,
      state.base,
      mailbox,
      [...children.values()].map((child) => child.spec),
    );
    const failed = (error: unknown) => this.close({ kind: "broken", error });
    this.#writer = new JournalWriter(world, state, {
      durable: (batch) => {
        this.#order.append(batch);
        this.#wake();
      },
      fenced: () => this.close({ kind: "fenced" }),
      failed,
    });
    this.#outbox = new Outbox(world, { sent: () => this.#wake(), failed });
    this.#reader = new MailboxReader(
      world,
      mailbox,
      spec.id,
      { arrived: () => this.#wake(), failed },
      this.#abort.signal,
    );
    this.#parking = new Parking(options.slots, world.clock, options.lingerMs, () =>
      this.close({ kind: "resting" }),
    );
    this.#stall = new StallWatch(world.clock, (missing, asked) => {
      this.close({ kind: "threw", error: new NondeterminismError({ expected: missing, got: asked }) });
    });
  }

  /** Aborted when the execution ends in any way; the reason tells why. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get isClosed(): boolean {
    return this.#abort.signal.aborted;
  }

  /** True while it only waits and holds no slot. */
  get isParked(): boolean {
    return !this.#parking.hasSlot;
  }

  /** True while the code is told what it, or an earlier executor of it, had been told before. */
  get isReplaying(): boolean {
    return !this.#order.isLive;
  }

  get position(): LogPosition {
    return this.#order.position;
  }

  /** The time of the latest delivery: the same again in a replay. */
  get nowMs(): number {
    return this.#nowMs;
  }

  report(): ExecutorReport {
    return {
      tracesExecuted: this.claimed.log.recordCount + this.#recorded,
      tracesReplayed: this.claimed.state.tracesReplayed + this.#replayed,
      spawned: this.#spawned,
    };
  }

  /** Runs the code to its end, or to another end of this execution. Never rejects. */
  run(body: () => unknown): Promise<ExecutionEnd> {
    const ended = new Promise<ExecutionEnd>((resolve) => {
      this.#end = resolve;
    });
    this.#watchLimits();
    const running = async () => body();
    running().then(
      (value) => this.#finish({ kind: "returned", value }),
      (error: unknown) => this.#finish({ kind: "threw", error }),
    );
    this.#wake();
    return ended;
  }

  /** Ends this execution from outside or inside; the first end counts (E1). */
  close(end: ExecutionEnd): void {
    if (this.isClosed) return;
    this.#abort.abort(abortReason(this.claimed.spec, end));
    this.#parking.leave();
    this.#stall.clear();
    this.#end?.(end);
  }

  /** Registers what the code asks for, and promises its result. `known` answers it at once. */
  ask(ask: Ask, known: Outcome | null): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.isClosed) return;
      const open: OpenAsk = { ask, resolve, reject, fresh: null };
      this.#open.set(ask.id, open);
      if (ask.kind === "trace") this.#order.askTrace(ask.id);
      else this.#expect(ask);
      // The slot may come when nothing else happens any more: it is then to be given up again.
      if (!this.#parking.hasSlot) void this.#parking.unpark().then(() => this.#wake());
      if (known !== null) this.#known.push({ open, outcome: known });
      else if (this.#order.isLive && this.#held.length === 0) ask.start();
      else this.#held.push(open);
      this.#wake();
    });
  }

  #expect(ask: Ask): void {
    this.#order.askChild(ask.id);
    if (ask.kind === "child") this.#spawned = true;
    this.#waits += 1;
  }

  /** A trace's body has begun (+1) or settled (-1). */
  countBody(change: 1 | -1): void {
    this.#bodies += change;
  }

  /** A trace has finished here: it is delivered when its record is durable (E3). */
  record(record: TraceRecord, fresh: { readonly value: unknown } | null): void {
    if (this.isClosed) return;
    const open = this.#open.get(record.id);
    if (open !== undefined) open.fresh = fresh;
    this.#recorded += 1;
    this.#writer.add(record);
    this.#wake();
  }

  /** A child or timer to be started, or whose message has to be sent again. */
  send(spec: ActionSpec, isWritten: boolean): void {
    this.#outbox.add(spec, isWritten);
  }

  /** Runs a start that has something to store first; the execution does not rest meanwhile. */
  async startAside(start: () => Promise<void>): Promise<void> {
    this.#bodies += 1;
    try {
      await start();
    } catch (error) {
      this.close({ kind: "broken", error });
    }
    this.#bodies -= 1;
    this.#wake();
  }

  #wake(): void {
    if (this.#isStepDue || this.#isDelivering || this.isClosed) return;
    this.#isStepDue = true;
    this.world.clock.afterTurn(() => {
      this.#isStepDue = false;
      this.#step();
    });
  }

  /** One delivery, if one is due (E2). */
  #step(): void {
    if (this.isClosed || this.#isDelivering) return;
    if (this.#order.isLive) this.#startHeld();
    const known = this.#known.shift();
    if (known !== undefined) {
      this.#replayed += known.open.ask.kind === "trace" ? 1 : 0;
      this.#deliver(known.open, known.outcome);
      return;
    }
    const step = this.#order.next(this.#writer.isFlushing);
    if (step.kind !== "stalled") this.#stall.clear();
    if (step.kind === "record") this.#deliverRecord(step.record, step.nowMs);
    else if (step.kind === "entry") {
      this.#nowMs = Math.max(this.#nowMs, step.entry.endedMs);
      this.#deliver(this.#open.get(step.entry.child), step.entry.outcome);
    } else if (step.kind === "stalled") this.#stall.watch(step.missing, this.#held[0]?.ask.label ?? null);
    else {
      this.#startHeld();
      this.#rest();
    }
  }

  /** Replay has caught up: begins what was asked for meanwhile, but for what the replay has answered. */
  #startHeld(): void {
    const held = this.#held;
    this.#held = [];
    for (const open of held) if (this.#open.get(open.ask.id) === open) open.ask.start();
  }

  #deliverRecord(record: TraceRecord, nowMs: number): void {
    const open = this.#open.get(record.id);
    if (open?.fresh === null) this.#replayed += 1;
    this.#nowMs = Math.max(this.#nowMs, nowMs);
    this.#deliver(open, record.outcome);
  }

  #deliver(open: OpenAsk | undefined, outcome: Outcome | null): void {
    if (open === undefined) {
      this.#wake();
      return;
    }
    const ready = this.#readyValue(open, outcome);
    if (ready !== null && this.#parking.hasSlot) {
      this.#settle(open, ready);
      return;
    }
    this.#isDelivering = true;
    Promise.all([ready ?? this.#loadValue(outcome), this.#parking.unpark()]).then(
      ([settled]) => {
        this.#isDelivering = false;
        if (!this.isClosed) this.#settle(open, settled);
      },
      (error: unknown) => this.close({ kind: "broken", error }),
    );
  }

  #settle(open: OpenAsk, settled: Settled): void {
    this.#open.delete(open.ask.id);
    if (open.ask.kind !== "trace") this.#waits -= 1;
    if (settled.isError) open.reject(settled.value);
    else open.resolve(settled.value);
    this.#wake();
  }

  #readyValue(open: OpenAsk, outcome: Outcome | null): Settled | null {
    if (open.fresh !== null) return { isError: outcome?.kind === "error", value: open.fresh.value };
    if (outcome === null) return { isError: false, value: undefined };
    if (outcome.kind === "error") return { isError: true, value: fromErrorRecord(outcome.error) };
    return null;
  }

  async #loadValue(outcome: Outcome | null): Promise<Settled> {
    if (outcome === null || outcome.kind === "error") throw new Error("Only values are loaded.");
    return { isError: false, value: await loadPayload(this.world, outcome.payload) };
  }

  /** Nothing to deliver: send what has gathered, and see whether there is anything to do but wait. */
  #rest(): void {
    this.#outbox.flush();
    this.#writer.flush(this.#order.position);
    if (this.#waits === 0) return;
    this.#reader.follow(() => this.#waits > 0 && !this.isClosed);
    const isOnlyWaiting = this.#bodies === 0 && this.#writer.isEmpty && this.#outbox.isEmpty;
    if (isOnlyWaiting) this.#parking.park();
  }

  #finish(end: ExecutionEnd): void {
    if (this.isClosed) return;
    const missing = this.#order.unasked();
    if (missing === null) {
      this.close(end);
      return;
    }
    const got = end.kind === "threw" ? `an error (${String(end.error)})` : "the end of the task";
    this.close({ kind: "threw", error: new NondeterminismError({ expected: missing, got }) });
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

function abortReason(spec: ActionSpec, end: ExecutionEnd): unknown {
  if (end.kind === "broken" || end.kind === "threw") return end.error;
  return new ActionAbortedError({ what: `Action "${spec.name}"`, reason: reasons[end.kind] });
}

const reasons = {
  returned: "the task has returned",
  resting: "the action is suspended until something it waits for has ended",
  expired: "a time limit has passed",
  fenced: "the action was ended, or is executed elsewhere",
  "handed-back": "this replica is going away",
} as const;

interface Settled {
  readonly isError: boolean;
  readonly value: unknown;
}
