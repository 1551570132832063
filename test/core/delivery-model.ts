/**
 * Executors of one action over a shared journal and mailbox, as small as they can be: each runs the same program, which asks
 * for traces and children in answer to whatever it was delivered last. Fenced ones may go on for a while.
 */
import { DeliveryOrder } from "../../sdk/core/delivery-order.ts";
import { resolveJournal } from "../../sdk/core/journal.ts";
import { MailboxView } from "../../sdk/core/mailbox.ts";
import type { ActionSpec, JournalBatch, MailboxEntry } from "../../sdk/core/records.ts";
import { aBatch, anEntry, aSpec, aTrace } from "../support/records.ts";

const base = { attempt: 1, index: 0, epoch: 0, at: 0 };

/** How much the program asks for after its n-th delivery, n taken modulo the length. */
export type Program = readonly { readonly traces: number; readonly children: number }[];

export class ActionModel {
  readonly program: Program;
  readonly batches: JournalBatch[] = [];
  readonly specs = new Map<string, ActionSpec>();
  readonly entries: MailboxEntry[] = [];
  readonly executors: ExecutorModel[] = [];

  constructor(program: Program) {
    this.program = program;
    this.claim();
  }

  /** A new executor reads what is durable, and replays it. */
  claim(): ExecutorModel {
    const executor = new ExecutorModel(this, this.executors.length + 1);
    this.executors.push(executor);
    executor.run();
    return executor;
  }

  /** The end of a child that somebody asked for; it may be told again, and fenced executors' children end too. */
  tell(pick: number): void {
    const children = [...this.specs.keys()];
    const child = children[pick % Math.max(1, children.length)];
    if (child === undefined) return;
    this.entries.push(anEntry({ child, endedMs: this.entries.length }));
    for (const executor of this.executors) executor.run();
  }
}

export class ExecutorModel {
  readonly epoch: number;
  readonly order: DeliveryOrder;
  /** Ids in the order of their delivery. */
  readonly delivered: string[] = [];
  /** What had been delivered when its latest durable batch was cut, and that batch's records. */
  durable: readonly string[] | null = null;
  readonly asked = new Set<string>();
  stalledAt: string | null = null;
  readonly #model: ActionModel;
  readonly #mailbox = new MailboxView();
  #held: string[] = [];
  readonly #finished: string[] = [];
  #inFlight: { readonly batch: JournalBatch; readonly upTo: readonly string[] } | null = null;

  constructor(model: ActionModel, epoch: number) {
    this.epoch = epoch;
    this.#model = model;
    this.#mailbox.add(0, model.entries);
    const log = resolveJournal(model.batches, base);
    this.order = new DeliveryOrder(log, base, this.#mailbox, [...model.specs.values()]);
    this.#ask("start");
  }

  /** Delivers all that can be delivered. */
  run(): void {
    this.#mailbox.add(0, this.#model.entries);
    for (;;) {
      if (this.order.isLive) this.#startHeld();
      const step = this.order.next(this.#inFlight !== null);
      if (step.kind === "stalled") {
        this.stalledAt = step.missing;
        return;
      }
      this.stalledAt = null;
      if (step.kind === "rest") {
        if (this.#held.length === 0) return;
        this.#startHeld();
        continue;
      }
      const id = step.kind === "record" ? step.record.id : step.entry.child;
      this.delivered.push(id);
      this.#ask(id);
    }
  }

  /** Cuts a batch of what has finished, if none is on its way. */
  cut(count: number): void {
    if (this.#inFlight !== null || this.#finished.length === 0) return;
    const ids = this.#finished.splice(0, count);
    const { index, epoch, at } = this.order.position;
    const records = ids.map((id) => aTrace({ id }));
    const batch = aBatch({ epoch: this.epoch, index: index + 1, prevEpoch: epoch, at, records });
    this.#inFlight = { batch, upTo: [...this.delivered, ...ids] };
  }

  /** The batch on its way becomes durable; `isTold` is false for one who dies before the answer. */
  land(isTold: boolean): void {
    if (this.#inFlight === null) return;
    const { batch, upTo } = this.#inFlight;
    this.#model.batches.push(batch);
    this.durable = upTo;
    if (!isTold) return;
    this.#inFlight = null;
    this.order.append(batch);
    this.run();
  }

  #ask(after: string): void {
    const { program } = this.#model;
    const next = program[this.delivered.length % program.length] ?? { traces: 0, children: 0 };
    for (let n = 0; n < next.traces; n += 1) this.#askOne(`${after}.t${n}`);
    for (let n = 0; n < next.children; n += 1) this.#askOne(`${after}.c${n}`);
  }

  #askOne(id: string): void {
    this.asked.add(id);
    if (isTrace(id)) this.order.askTrace(id);
    else this.order.askChild(id);
    this.#held.push(id);
  }

  /** New work: what the replay has answered meanwhile, or an earlier executor has begun, is not begun again. */
  #startHeld(): void {
    for (const id of this.#held.splice(0)) {
      if (this.delivered.includes(id)) continue;
      if (isTrace(id)) this.#finished.push(id);
      else if (!this.#model.specs.has(id)) {
        this.#model.specs.set(id, aSpec({ id, parent: "a-run/a0", asked: this.order.position }));
      }
    }
  }
}

function isTrace(id: string): boolean {
  return /\.t\d$/.test(id);
}
