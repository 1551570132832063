/**
 * Watches a simulation from outside of all faults, and checks the promises of the design as things happen. The numbers in
 * its complaints are those of the promises.
 */
import { decode } from "../../sdk/core/codec/decode.ts";
import {
  type ActionSpec,
  type ActionState,
  isEnded,
  type JournalBatch,
  type Outcome,
  type TraceRecord,
} from "../../sdk/core/records.ts";
import { currentContext } from "../../sdk/engine/context.ts";
import type { Ask } from "../../sdk/engine/deliveries.ts";
import type { Execution } from "../../sdk/engine/execution.ts";
import { ExecutionLog } from "./execution-log.ts";
import type { Scheduler } from "./scheduler.ts";
import type { SimProcess } from "./sim-process.ts";
import type { Storage } from "./storage.ts";

interface DurableRecord {
  readonly at: number;
  readonly epoch: number;
  readonly attempt: number;
  readonly isError: boolean;
  readonly effect: number | null;
}

interface ObserverOptions {
  readonly scheduler: Scheduler;
  /** Null where parked actions may go on by themselves. */
  readonly slotsOf: ((process: SimProcess) => number) | null;
  /** False where what the code asks for, or when, depends on something outside Drover. */
  readonly isOrderKept: boolean;
}

export class Observer {
  readonly violations: string[] = [];
  readonly #scheduler: Scheduler;
  readonly #slotsOf: ((process: SimProcess) => number) | null;
  readonly #isOrderKept: boolean;
  #storage: Storage | null = null;
  /** When each epoch of an action was claimed, and by whom. */
  readonly #claims = new Map<string, { readonly at: number; readonly process: SimProcess }>();
  /** Durable records by action and record id; ended generators also by action and trace id. */
  readonly #durable = new Map<string, DurableRecord[]>();
  readonly #batches = new Set<string>();
  readonly #logs = new Map<Execution, ExecutionLog>();
  readonly #logsByEpoch = new Map<string, ExecutionLog[]>();
  readonly #fireAtMs = new Map<string, number>();
  readonly #freeSlots = new Map<SimProcess, number>();
  #effects = 0;
  #volatile = 0;

  constructor(options: ObserverOptions) {
    this.#scheduler = options.scheduler;
    this.#slotsOf = options.slotsOf;
    this.#isOrderKept = options.isOrderKept;
  }

  watchStorage(storage: Storage): void {
    this.#storage = storage;
  }

  /** A violated promise; 0 for what should not happen at all. */
  fail(promise: number, message: string): void {
    const text = `${promise === 0 ? "" : `promise ${promise}: `}${message}`;
    this.violations.push(text);
    this.#scheduler.note("CHECK", text);
  }

  nextVolatile(): number {
    this.#volatile += 1;
    return this.#volatile;
  }

  stateWritten(process: SimProcess, before: ActionState | null, next: ActionState): void {
    const { id, epoch } = next;
    if (before !== null && isEnded(before.status))
      this.fail(1, `${id} had ended ${before.status} and was written ${next.status}`);
    const isClaim = next.status === "running" && epoch > (before?.epoch ?? 0);
    if (isClaim) this.#claims.set(`${id}@${epoch}`, { at: this.#scheduler.count, process });
    if (before === null || before.status !== "running") return;
    if (isClaim && before.owner !== next.owner) {
      this.fail(3, `${id} runs under message ${before.owner} and was taken over by message ${next.owner}`);
    }
    if (next.status !== "running" && next.epoch === before.epoch) {
      const claimant = this.#claims.get(`${id}@${epoch}`)?.process;
      if (claimant !== process)
        this.fail(3, `${process.name} wrote ${id} as ${next.status}; epoch ${epoch} is ${claimant?.name}'s`);
      if (next.status === "suspended" && before.inbox > next.read)
        this.fail(5, `${id} sleeps over unread entries`);
    }
  }

  journalAppended(process: SimProcess, batch: JournalBatch): void {
    const { action, epoch, index, attempt } = batch;
    const place = `${action}@${epoch}/${index}`;
    if (this.#batches.has(place)) return;
    this.#batches.add(place);
    const log = this.#logsByEpoch.get(`${action}@${epoch}`)?.at(-1);
    if (log === undefined || log.process !== process)
      this.fail(3, `${process.name} wrote journal ${place} without having claimed it`);
    for (const record of batch.records) {
      const isError = record.outcome.kind === "error";
      const fact = { at: this.#scheduler.count, epoch, attempt, isError, effect: this.#effectIn(record) };
      this.#addDurable(action, record.id, fact);
      if (record.step !== null && (isError || this.#isLastStep(record))) {
        this.#addDurable(action, record.id.slice(0, record.id.lastIndexOf(":")), fact);
      }
    }
  }

  /** Called at the first line of a task: from here on its asks and deliveries are written down. */
  executionStarted(process: SimProcess, execution: Execution): void {
    const { claimed } = execution;
    const log = new ExecutionLog(process, execution, this.#prefixOf(execution));
    this.#logs.set(execution, log);
    const epochKey = `${claimed.spec.id}@${claimed.state.epoch}`;
    this.#logsByEpoch.set(epochKey, [...(this.#logsByEpoch.get(epochKey) ?? []), log]);
    const ask = execution.ask.bind(execution);
    execution.ask = (asked, known) => {
      const isMain = currentContext()?.within === null;
      if (isMain && !execution.isClosed) this.#checkSlots(log);
      const result = ask(asked, known);
      const told = (): void => this.#told(log, asked, isMain);
      result.then(told, told);
      return result;
    };
  }

  /** A trace's body starts: answers the number of this effect. */
  bodyStarted(execution: Execution, traceId: string | null, name: string): number {
    const log = this.#logOf(execution);
    const { epoch, attempt, id } = execution.claimed.state;
    this.#effects += 1;
    this.#scheduler.note(log.process.name, `body ${name} starts, effect ${this.#effects}`);
    const claimedAt = this.#claims.get(`${id}@${epoch}`)?.at ?? 0;
    for (const fact of this.#durable.get(`${id}|${traceId}`) ?? []) {
      const isKnown = fact.at < claimedAt || fact.epoch === epoch;
      if (isKnown && (!fact.isError || fact.attempt === attempt)) {
        this.fail(
          2,
          `body of ${name} in ${id} runs again (epoch ${epoch}), although epoch ${fact.epoch} had recorded it`,
        );
      }
    }
    if (!execution.isClosed) this.#checkSlots(log);
    return this.#effects;
  }

  bodyEnded(effect: number): void {
    this.#scheduler.note("", `effect ${effect} ends`);
  }

  /** The task was given a trace's value: it must be one that is durable. */
  traceTold(execution: Execution, effect: number): void {
    const log = this.#logOf(execution);
    const recorded = this.#durable.get(`${execution.claimed.spec.id}|${log.lastTrace}`) ?? [];
    if (!recorded.some((fact) => fact.effect === effect)) {
      this.fail(2, `${execution.claimed.spec.id} was told effect ${effect}, which is not durable`);
    }
  }

  /** A timer's message is sent: it may fire at the earliest time that any of them names. */
  timerSent({ id, fireAtMs }: ActionSpec): void {
    this.#fireAtMs.set(id, Math.min(this.#fireAtMs.get(id) ?? Number.POSITIVE_INFINITY, fireAtMs ?? 0));
  }

  /** How many actions the process has asked for last. */
  received(process: SimProcess, max: number): void {
    this.#freeSlots.set(process, max);
  }

  freeSlots(process: SimProcess): number {
    return this.#freeSlots.get(process) ?? 0;
  }

  /** Executions that may still run code in living processes. */
  *openExecutions(): Generator<ExecutionLog> {
    for (const log of this.#logs.values()) {
      if (!log.execution.isClosed && !log.process.isDead) yield log;
    }
  }

  #told(log: ExecutionLog, ask: Ask, isMain: boolean): void {
    const { spec } = log.execution.claimed;
    if (ask.kind === "trace") {
      log.lastTrace = ask.id;
      if (!this.#durable.has(`${spec.id}|${ask.id}`))
        this.fail(2, `${ask.label} of ${spec.id} was told before it was durable`);
    } else {
      this.#checkEnded(ask);
    }
    if (!isMain || !this.#isOrderKept) return;
    const problem = log.deliver(ask.id);
    if (problem !== null) this.fail(8, `${spec.id} epoch ${log.epoch}: ${problem} (${ask.label})`);
  }

  #checkEnded(ask: Ask): void {
    const { tables } = this.#backing();
    if (ask.kind === "timer") {
      const fireAtMs = this.#fireAtMs.get(ask.id) ?? Number.POSITIVE_INFINITY;
      if (fireAtMs > this.#scheduler.nowMs) this.fail(4, `${ask.label} ended before its time`);
      return;
    }
    const state = tables.states.get(ask.id);
    if (state === undefined || !isEnded(state.status))
      this.fail(1, `${ask.label} (${ask.id}) was told, and has not ended`);
  }

  /** What a faithful replay is told first: all that the chain's last writer had been told up to its last record. */
  #prefixOf(execution: Execution): readonly string[] {
    const { log, spec } = execution.claimed;
    for (const batch of [...log.chain].reverse()) {
      const last = batch.records.findLast((record) => record.within === null);
      if (last === undefined) continue;
      const writers = this.#logsByEpoch.get(`${spec.id}@${batch.epoch}`) ?? [];
      return writers
        .map((writer) => writer.upTo(last.id))
        .reduce((a, b) => (b.length > a.length ? b : a), []);
    }
    return [];
  }

  #checkSlots(log: ExecutionLog): void {
    if (this.#slotsOf === null) return;
    if (log.execution.isParked) this.fail(5, `${log.execution.claimed.spec.id} runs code while it is parked`);
    let running = 0;
    for (const other of this.openExecutions()) {
      if (other.process === log.process && !other.execution.isParked) running += 1;
    }
    const slots = this.#slotsOf(log.process);
    if (running > slots)
      this.fail(5, `${running} actions run code in ${log.process.name}, which has ${slots} slots`);
  }

  #addDurable(action: string, id: string, fact: DurableRecord): void {
    const key = `${action}|${id}`;
    const known = this.#durable.get(key);
    if (known === undefined) this.#durable.set(key, [fact]);
    else known.push(fact);
  }

  #effectIn(record: TraceRecord): number | null {
    const value = this.valueOf(record.outcome) as
      | { effect?: number; value?: { effect?: number } }
      | null
      | undefined;
    const carrier = record.step === null ? value : value?.value;
    return typeof carrier === "object" ? (carrier?.effect ?? null) : null;
  }

  #isLastStep(record: TraceRecord): boolean {
    return (this.valueOf(record.outcome) as { done?: boolean } | null)?.done === true;
  }

  /** The value of an outcome; null for an error. */
  valueOf(outcome: Outcome): unknown {
    if (outcome.kind === "error") return null;
    const { payload } = outcome;
    if (payload.kind === "inline") return decode(payload.bytes);
    const bytes = this.#backing().blobs.bytes.get(payload.key);
    if (bytes === undefined) {
      this.fail(0, `blob ${payload.key} is named by a record and does not exist`);
      return null;
    }
    return decode(bytes);
  }

  #logOf(execution: Execution): ExecutionLog {
    const log = this.#logs.get(execution);
    if (log === undefined) throw new Error("An execution runs code that nobody has announced.");
    return log;
  }

  #backing(): Storage {
    if (this.#storage === null) throw new Error("The observer has no storage to look into.");
    return this.#storage;
  }
}
