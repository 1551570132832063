/**
 * Group commit of one execution's trace records: what finishes while a batch is on its way is gathered into the next.
 *
 * G1. One batch is in flight at a time, and the next is cut only when the last is durable.
 * G2. The position of a batch in the mailbox is fixed when it is cut.
 */

import { encode } from "../core/codec/encode.ts";
import type { ActionState, JournalBatch, LogPosition, TraceRecord } from "../core/records.ts";
import type { World } from "../ports.ts";
import { payloadSizeBytes } from "./payloads.ts";
import { persist } from "./persist.ts";

export interface JournalWriterEvents {
  durable(batch: JournalBatch): void;
  fenced(): void;
  failed(error: unknown): void;
}

export class JournalWriter {
  readonly #world: World;
  readonly #state: ActionState;
  readonly #events: JournalWriterEvents;
  #waiting: TraceRecord[] = [];
  #isFlushing = false;

  constructor(world: World, state: ActionState, events: JournalWriterEvents) {
    this.#world = world;
    this.#state = state;
    this.#events = events;
  }

  get isFlushing(): boolean {
    return this.#isFlushing;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0 && !this.#isFlushing;
  }

  add(record: TraceRecord): void {
    this.#waiting.push(record);
  }

  /** Cuts and sends the next batch, unless one is on its way (G1) or nothing waits. */
  flush(position: LogPosition): void {
    if (this.#isFlushing || this.#waiting.length === 0) return;
    const batch: JournalBatch = {
      action: this.#state.id,
      epoch: this.#state.epoch,
      index: position.index + 1,
      prevEpoch: position.epoch,
      attempt: this.#state.attempt,
      at: position.at, // G2
      nowMs: this.#world.clock.nowMs(),
      records: this.#cut(),
    };
    this.#isFlushing = true;
    persist(this.#world, () => this.#world.store.appendJournal(batch)).then(
      (isAccepted) => {
        this.#isFlushing = false;
        if (isAccepted) this.#events.durable(batch);
        else this.#events.fenced();
      },
      (error: unknown) => this.#events.failed(error),
    );
  }

  /** As many waiting records as fit one batch, at least one. */
  #cut(): TraceRecord[] {
    const { journalBatchBytesMax, journalBatchRecordsMax } = this.#world.store.limits;
    let sizeBytes = 0;
    let count = 0;
    for (const record of this.#waiting) {
      sizeBytes += recordOverheadBytes;
      if (record.outcome.kind === "value") sizeBytes += payloadSizeBytes(record.outcome.payload);
      else sizeBytes += errorBytes(record);
      if (count > 0 && (sizeBytes > journalBatchBytesMax || count >= journalBatchRecordsMax)) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }
}

const recordOverheadBytes = 300;

function errorBytes(record: TraceRecord): number {
  return record.outcome.kind === "error" ? encode(record.outcome.error).byteLength : 0;
}
