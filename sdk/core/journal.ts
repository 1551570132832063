/**
 * Which of an action's journal batches count, and how. Epochs write chains (records.ts, JournalBatch); a fenced epoch
 * may still have appended after a newer one had read the journal.
 *
 * J1. The log of the current attempt is one chain: it ends at the last batch of the highest epoch that wrote in this
 *     attempt, and goes back by `prevEpoch` to where the attempt began. It fixes the order of delivery.
 * J2. What earlier attempts finished (the chain up to the attempt's base) is known at once when asked for, before
 *     anything else is delivered; what they saw fail runs again.
 * J3. A durable result outside the chain is not lost: when its trace is asked for anew, the result is taken
 *     instead of running the body, and is recorded again.
 * J4. A trace asked for inside another trace's body has no place in the order; it is known at once.
 */
import type { ActionSpec, JournalBatch, LogPosition, TraceRecord } from "./records.ts";

export interface ReplayLog {
  /** Batches of the current attempt, in order. */
  readonly chain: readonly JournalBatch[];
  /** Records known at once (J2, J4), by id. */
  readonly known: ReadonlyMap<string, TraceRecord>;
  /** Results to take instead of running a body (J3), by id. */
  readonly spare: ReadonlyMap<string, TraceRecord>;
  /** Durable records altogether. */
  readonly recordCount: number;
}

export function resolveJournal(batches: readonly JournalBatch[], base: LogPosition): ReplayLog {
  const byPlace = new Map(batches.map((batch) => [placeOf(batch.epoch, batch.index), batch]));
  const chain = chainOf(batches, byPlace, base);
  const before = walkBack(byPlace, base.epoch, base.index, 0);
  const counted = new Set([...chain, ...before]);
  const known = new Map<string, TraceRecord>();
  const spare = new Map<string, TraceRecord>();
  for (const batch of before) addKnown(known, batch.records, true);
  for (const batch of chain) {
    addKnown(
      known,
      batch.records.filter((record) => record.within !== null),
      false,
    );
  }
  for (const batch of batches) {
    if (counted.has(batch)) continue;
    addKnown(spare, batch.records, batch.attempt !== base.attempt);
  }
  return { chain, known, spare, recordCount: batches.reduce((sum, batch) => sum + batch.records.length, 0) };
}

/** The chain of the attempt that begins at `base` (J1). */
function chainOf(
  batches: readonly JournalBatch[],
  byPlace: ReadonlyMap<string, JournalBatch>,
  base: LogPosition,
): JournalBatch[] {
  let tip: JournalBatch | null = null;
  for (const batch of batches) {
    if (batch.attempt !== base.attempt) continue;
    const isLater =
      tip === null || batch.epoch > tip.epoch || (batch.epoch === tip.epoch && batch.index > tip.index);
    if (isLater) tip = batch;
  }
  return tip === null ? [] : walkBack(byPlace, tip.epoch, tip.index, base.index);
}

/** Batches after index `from` up to (epoch, index), in order. */
function walkBack(
  byPlace: ReadonlyMap<string, JournalBatch>,
  epoch: number,
  index: number,
  from: number,
): JournalBatch[] {
  const chain: JournalBatch[] = [];
  let place = { epoch, index };
  while (place.index > from) {
    const batch = byPlace.get(placeOf(place.epoch, place.index));
    if (batch === undefined)
      throw new Error(`Journal has a hole at index ${place.index}, epoch ${place.epoch}.`);
    chain.push(batch);
    place = { epoch: batch.prevEpoch, index: batch.index - 1 };
  }
  return chain.reverse();
}

function placeOf(epoch: number, index: number): string {
  return `${epoch}/${index}`;
}

function addKnown(
  into: Map<string, TraceRecord>,
  records: readonly TraceRecord[],
  isValueOnly: boolean,
): void {
  for (const record of records) {
    if (isValueOnly && record.outcome.kind === "error") continue;
    into.set(record.id, record);
  }
}

/**
 * True if whoever wrote this spec stood at a point that the chain passes through, so that a faithful replay has to ask
 * for it again. A fenced executor's specs need not be.
 */
export function isOnChain(spec: ActionSpec, base: LogPosition, chain: readonly JournalBatch[]): boolean {
  const { asked } = spec;
  if (asked === null || asked.attempt !== base.attempt || asked.index < base.index) return false;
  const reached = asked.index - base.index;
  const lastEpoch = reached === 0 ? base.epoch : chain[reached - 1]?.epoch;
  if (lastEpoch !== asked.epoch) return false;
  const following = chain[reached];
  return following === undefined || following.at >= asked.at;
}
