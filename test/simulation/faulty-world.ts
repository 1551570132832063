/**
 * The ports as one process sees them: every request takes its time, and may fail before its effect, after it, or be
 * reported as failed before it has its effect. The effect happens in one event, the answer comes in another.
 */
import type { ActionState, JournalBatch } from "../../sdk/core/records.ts";
import type { Blobs, Delivery, Outgoing, Queue, Store, World } from "../../sdk/ports.ts";
import type { Faults } from "./faults.ts";
import type { Observer } from "./observer.ts";
import type { Random } from "./random.ts";
import type { Scheduler } from "./scheduler.ts";
import type { SimProcess } from "./sim-process.ts";
import type { Storage } from "./storage.ts";

export interface FaultyWorldOptions {
  readonly scheduler: Scheduler;
  readonly faults: Faults;
  readonly random: Random;
  readonly storage: Storage;
  readonly observer: Observer;
}

const lateMsMax = 5_000;

export class FaultyWorld implements World {
  readonly store: Store;
  readonly blobs: Blobs;
  readonly queue: Queue;
  readonly clock: World["clock"];
  readonly entropy: World["entropy"];
  readonly #process: SimProcess;
  readonly #options: FaultyWorldOptions;

  constructor(process: SimProcess, options: FaultyWorldOptions) {
    const { random } = options;
    this.#process = process;
    this.#options = options;
    this.clock = process.clock;
    this.entropy = { uuid: () => random.uuid(), random: () => random.next() };
    this.store = this.#faultyStore();
    this.queue = this.#faultyQueue();
    this.blobs = this.#faultyBlobs();
  }

  #request<T>(what: string, effect: () => Promise<T>, show: (result: T) => string = () => ""): Promise<T> {
    const { scheduler, faults, random } = this.#options;
    const fault = faults.ofRequest(scheduler.elapsedMs);
    const process = this.#process;
    const toMs = faults.latencyMs();
    const backMs = faults.latencyMs();
    return new Promise((resolve, reject) => {
      const fail = (): void => {
        process.note(`${what} -> FAILS (${fault})`);
        reject(new Error(`Simulated failure of ${what}.`));
      };
      if (fault === "before") {
        process.schedule(toMs + backMs, fail);
        return;
      }
      const lateMs = fault === "late" ? random.logarithmic(1, lateMsMax) : 0;
      if (fault === "late") process.schedule(toMs, fail);
      scheduler.schedule(toMs + lateMs, what, () => {
        effect().then(
          (result) => {
            process.note(`${what} ${show(result)}`);
            if (fault === "late") return;
            process.schedule(backMs, fault === "after" ? fail : () => resolve(result));
          },
          (error: unknown) => {
            this.#options.observer.fail(0, `${process.name}: ${what} threw ${String(error)}`);
            process.schedule(backMs, () => reject(error));
          },
        );
      });
    });
  }

  #faultyStore(): Store {
    const { storage, observer } = this.#options;
    const { store } = storage;
    const process = this.#process;
    return {
      limits: store.limits,
      createRun: (run) =>
        this.#request(
          `createRun ${run.name}`,
          () => store.createRun(run),
          (result) => `created=${result.created}`,
        ),
      readRun: (name) => this.#request(`readRun ${name}`, () => store.readRun(name)),
      putSpecs: (specs) =>
        this.#request(`putSpecs ${specs.map((spec) => shortId(spec.id)).join(" ")}`, () =>
          store.putSpecs(specs),
        ),
      readSpec: (action) => this.#request(`readSpec ${shortId(action)}`, () => store.readSpec(action)),
      listChildren: (parent) =>
        this.#request(
          `listChildren ${shortId(parent)}`,
          () => store.listChildren(parent),
          (list) => `${list.length}`,
        ),
      readStates: (actions) =>
        this.#request(`readStates ${actions.map(shortId).join(" ")}`, () => store.readStates(actions)),
      writeState: (next, expected) =>
        this.#request(
          `writeState ${describeState(next)}`,
          async () => {
            const before = storage.tables.states.get(next.id) ?? null;
            const result = await store.writeState(next, expected);
            if (result.ok) observer.stateWritten(process, before, next);
            return result;
          },
          (result) => (result.ok ? "ok" : "refused"),
        ),
      appendJournal: (batch) =>
        this.#request(`appendJournal ${describeBatch(batch)}`, async () => {
          observer.journalAppended(process, batch);
          return await store.appendJournal(batch);
        }),
      readJournal: (action) =>
        this.#request(
          `readJournal ${shortId(action)}`,
          () => store.readJournal(action),
          (list) => `${list.length}`,
        ),
      appendMailbox: (action, first, entries) =>
        this.#request(
          `appendMailbox ${shortId(action)} ${first}: ${entries.map((one) => `${shortId(one.child)} ${one.status}`).join(", ")}`,
          () => store.appendMailbox(action, first, entries),
          String,
        ),
      mailboxEnd: (action) =>
        this.#request(`mailboxEnd ${shortId(action)}`, () => store.mailboxEnd(action), String),
      readMailbox: (action, after, waitMs, signal) =>
        this.#request(
          `readMailbox ${shortId(action)} ${after}`,
          () => store.readMailbox(action, after, waitMs, signal),
          (list) => `${list.length}`,
        ),
    };
  }

  #faultyQueue(): Queue {
    const { storage, faults, observer } = this.#options;
    const { queue } = storage;
    const delayed = (one: Outgoing): Outgoing => ({ ...one, delayMs: one.delayMs + faults.delayMs() });
    return {
      send: (messages) =>
        this.#request(`send ${messages.map(describeMessage).join(", ")}`, async () => {
          for (const { message } of messages) {
            if (message.kind === "timer" && message.spec !== null) observer.timerSent(message.spec);
          }
          await queue.send(messages.map(delayed));
          const again = messages.filter(() => faults.isDuplicated());
          if (again.length > 0) await queue.send(again.map(delayed));
        }),
      receive: (name, max, waitMs, signal) =>
        this.#request(
          `receive ${name} up to ${max}`,
          async () => {
            observer.received(this.#process, max);
            const deliveries = await queue.receive(name, max, waitMs, signal);
            for (const delivery of deliveries) this.#perhapsAgain(delivery);
            return deliveries;
          },
          (list) =>
            list.map((one) => `${shortId(one.message.action)} [${one.messageId.slice(0, 4)}]`).join(" "),
        ),
      remove: (list) =>
        this.#request(`remove ${list.map((one) => shortId(one.message.action)).join(" ")}`, () =>
          queue.remove(list),
        ),
      release: (delivery, delayMs) =>
        this.#request(`release ${shortId(delivery.message.action)} for ${delayMs} ms`, () =>
          queue.release(delivery, delayMs),
        ),
    };
  }

  /** The same message comes once more soon, although it is held: queues promise "at least once" only. */
  #perhapsAgain(delivery: Delivery): void {
    const { storage, faults, random, scheduler } = this.#options;
    if (delivery.message.kind === "run" && !random.chance(0.2)) return;
    if (!faults.isDuplicated()) return;
    scheduler.schedule(random.exponential(200), "redelivery", () => storage.queue.extend(delivery, 0));
  }

  #faultyBlobs(): Blobs {
    const { blobs } = this.#options.storage;
    return {
      put: (key, bytes) => this.#request(`put ${key}`, () => blobs.put(key, bytes)),
      get: (key) => this.#request(`get ${key}`, () => blobs.get(key)),
    };
  }
}

/** The first letters of an action's id inside its run. */
export function shortId(action: string): string {
  return action.slice(action.indexOf("/") + 1).slice(0, 6);
}

export function describeState(state: ActionState): string {
  const { id, version, status, epoch, attempt, inbox, read } = state;
  return `${shortId(id)} ${state.name} v${version} ${status} epoch=${epoch} attempt=${attempt} inbox=${inbox} read=${read}`;
}

function describeBatch(batch: JournalBatch): string {
  const records = batch.records.map(
    (one) => `${one.name}#${one.ordinal}${one.step === null ? "" : `:${one.step}`}`,
  );
  return `${shortId(batch.action)} epoch=${batch.epoch} index=${batch.index} prev=${batch.prevEpoch} at=${batch.at}: ${records.join(" ")}`;
}

function describeMessage(one: Outgoing): string {
  const delay = one.delayMs > 0 ? ` in ${Math.round(one.delayMs)} ms` : "";
  return `${one.message.kind} ${shortId(one.message.action)}${delay}`;
}
