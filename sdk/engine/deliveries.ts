/**
 * What an execution's code has asked for, and how it is answered: one delivery at a time, in the order of
 * core/delivery-order.ts.
 *
 * E2. Deliveries are made one at a time, each when the code has come to rest after the one before.
 */
import { decode } from "../core/codec/decode.ts";
import { DeliveryOrder } from "../core/delivery-order.ts";
import { fromErrorRecord } from "../core/error-record.ts";
import type { JournalBatch, LogPosition, Outcome, TraceRecord } from "../core/records.ts";
import type { World } from "../ports.ts";
import type { ClaimedAction } from "./claimed-action.ts";
import { loadPayload } from "./payloads.ts";
import { StallWatch } from "./stall-watch.ts";

/** Something that the code has asked for and waits for. */
export interface Ask {
  readonly id: string;
  readonly kind: "trace" | "child" | "timer";
  /** For messages: `trace "submit" (call 1)`. */
  readonly label: string;
  /** Begins the work; called at most once, and only when nothing recorded answers the ask. */
  start(): void;
}

/** The execution around the deliveries. */
export interface DeliveriesOwner {
  readonly isClosed: boolean;
  /** True while records are on their way to the journal. */
  readonly isFlushing: boolean;
  /** A slot to run the code in: null if it has one, else a promise of it. */
  takeSlot(): Promise<void> | null;
  /** There is nothing to deliver. */
  rest(): void;
  broken(error: unknown): void;
  /** The replay goes another way than the record: `missing` was recorded, `asked` is asked for instead. */
  strayed(missing: string, asked: string): void;
}

interface OpenAsk {
  readonly ask: Ask;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  /** The result of the trace that has just run here, so that it need not be decoded again. */
  fresh: { readonly value: unknown } | null;
}

interface Settled {
  readonly isError: boolean;
  readonly value: unknown;
}

export class Deliveries {
  readonly #world: World;
  readonly #owner: DeliveriesOwner;
  readonly #order: DeliveryOrder;
  readonly #open = new Map<string, OpenAsk>();
  #known: { readonly open: OpenAsk; readonly outcome: Outcome }[] = [];
  #held: OpenAsk[] = [];
  #stall: StallWatch | null = null;
  #isStepDue = false;
  #isDelivering = false;
  #waits = 0;
  #replayed = 0;
  #nowMs: number;

  constructor(world: World, claimed: ClaimedAction, owner: DeliveriesOwner) {
    const { state, log, mailbox, children } = claimed;
    this.#world = world;
    this.#owner = owner;
    this.#nowMs = state.startedMs ?? state.createdMs;
    const specs = [...children.values()].map((child) => child.spec);
    this.#order = new DeliveryOrder(log, state.base, mailbox, specs);
  }

  /** Children and timers that the code waits for. */
  get waits(): number {
    return this.#waits;
  }

  /** Traces that were answered from records of earlier executors. */
  get replayed(): number {
    return this.#replayed;
  }

  /** The time of the latest delivery: the same again in a replay. */
  get nowMs(): number {
    return this.#nowMs;
  }

  get position(): LogPosition {
    return this.#order.position;
  }

  get isLive(): boolean {
    return this.#order.isLive;
  }

  /** Recorded calls that the code should have made by now and has not, the first of them. */
  unasked(): string | null {
    return this.#order.unasked();
  }

  /** `known` answers the ask at once; else it is started, now or when the replay has caught up. */
  ask(ask: Ask, known: Outcome | null): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const open: OpenAsk = { ask, resolve, reject, fresh: null };
      this.#open.set(ask.id, open);
      if (ask.kind === "trace") this.#order.askTrace(ask.id);
      else {
        this.#order.askChild(ask.id);
        this.#waits += 1;
      }
      if (known !== null) this.#known.push({ open, outcome: known });
      else if (this.#order.isLive && this.#held.length === 0) ask.start();
      else this.#held.push(open);
      this.wake();
    });
  }

  /** A trace has finished here; its value waits for the record to be durable. */
  keepFresh(record: TraceRecord, fresh: { readonly value: unknown } | null): void {
    const open = this.#open.get(record.id);
    if (open !== undefined) open.fresh = fresh;
  }

  /** A batch of this execution has become durable; its records are delivered next. */
  append(batch: JournalBatch): void {
    this.#order.append(batch);
    this.wake();
  }

  /** Something may be due: looks when the code has come to rest. */
  wake(): void {
    if (this.#isStepDue || this.#isDelivering || this.#owner.isClosed) return;
    this.#isStepDue = true;
    this.#world.clock.afterTurn(() => {
      this.#isStepDue = false;
      this.#step();
    });
  }

  close(): void {
    this.#stall?.clear();
  }

  /** One delivery, if one is due (E2). */
  #step(): void {
    if (this.#owner.isClosed || this.#isDelivering) return;
    if (this.#held.length > 0 && this.#order.isLive) this.#startHeld();
    const known = this.#known.shift();
    if (known !== undefined) {
      this.#replayed += known.open.ask.kind === "trace" ? 1 : 0;
      this.#deliver(known.open, known.outcome);
      return;
    }
    const step = this.#order.next(this.#owner.isFlushing);
    if (step.kind !== "stalled") this.#stall?.clear();
    if (step.kind === "record") this.#deliverRecord(step.record, step.nowMs);
    else if (step.kind === "entry") {
      this.#nowMs = Math.max(this.#nowMs, step.entry.endedMs);
      this.#deliver(this.#open.get(step.entry.child), step.entry.outcome);
    } else if (step.kind === "stalled") this.#watchStall(step.missing);
    else {
      this.#startHeld();
      this.#owner.rest();
    }
  }

  /** Replay has caught up: begins what was asked for meanwhile, but for what the replay has answered. */
  #startHeld(): void {
    const held = this.#held;
    this.#held = [];
    for (const open of held) if (this.#open.get(open.ask.id) === open) open.ask.start();
  }

  #watchStall(missing: string): void {
    this.#stall ??= new StallWatch(this.#world.clock, (expected, asked) => {
      this.#owner.strayed(expected, asked);
    });
    this.#stall.watch(missing, this.#askedInstead());
  }

  /** The first thing that the code asks for and that no earlier executor had asked for, if any. */
  #askedInstead(): string | null {
    const isNew = ({ ask }: OpenAsk) => this.#open.has(ask.id) && !this.#order.isRecorded(ask.id);
    return this.#held.find(isNew)?.ask.label ?? null;
  }

  #deliverRecord(record: TraceRecord, nowMs: number): void {
    const open = this.#open.get(record.id);
    if (open?.fresh === null) this.#replayed += 1;
    this.#nowMs = Math.max(this.#nowMs, nowMs);
    this.#deliver(open, record.outcome);
  }

  #deliver(open: OpenAsk | undefined, outcome: Outcome | null): void {
    if (open === undefined) {
      this.wake();
      return;
    }
    try {
      const ready = this.#valueOf(open, outcome);
      const slot = this.#owner.takeSlot();
      if (ready instanceof Promise || slot !== null) this.#deliverLater(open, ready, slot);
      else this.#settle(open, ready);
    } catch (error) {
      this.#owner.broken(error);
    }
  }

  #deliverLater(open: OpenAsk, ready: Settled | Promise<Settled>, slot: Promise<void> | null): void {
    this.#isDelivering = true;
    Promise.all([ready, slot]).then(
      ([settled]) => {
        this.#isDelivering = false;
        if (!this.#owner.isClosed) this.#settle(open, settled);
      },
      (error: unknown) => this.#owner.broken(error),
    );
  }

  #settle(open: OpenAsk, settled: Settled): void {
    this.#open.delete(open.ask.id);
    if (open.ask.kind !== "trace") this.#waits -= 1;
    if (settled.isError) open.reject(settled.value);
    else open.resolve(settled.value);
    this.wake();
  }

  /** What the code is given: at hand, or to be read from a blob first. */
  #valueOf(open: OpenAsk, outcome: Outcome | null): Settled | Promise<Settled> {
    if (open.fresh !== null) return { isError: outcome?.kind === "error", value: open.fresh.value };
    if (outcome === null) return { isError: false, value: undefined };
    if (outcome.kind === "error") return { isError: true, value: fromErrorRecord(outcome.error) };
    const { payload } = outcome;
    if (payload.kind === "inline") return { isError: false, value: decode(payload.bytes) };
    return loadPayload(this.#world, payload).then((value) => ({ isError: false, value }));
  }
}
