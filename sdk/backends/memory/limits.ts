/**
 * The limits of the memory store. Nothing here needs them: they are about those of the AWS store, and what goes over one
 * is refused, so that code which passes its tests on this backend fits into the others.
 */
import type { ActionSpec, JournalBatch, MailboxEntry, Outcome, Payload } from "../../core/records.ts";
import type { StoreLimits } from "../../ports.ts";

export const defaultLimits: StoreLimits = {
  inlineBytesMax: 16 * 1_024,
  journalBatchBytesMax: 256 * 1_024,
  journalBatchRecordsMax: 500,
  specsMax: 25,
  mailboxEntriesMax: 25,
};

export function checkSpecs(limits: StoreLimits, specs: readonly ActionSpec[]): void {
  checkLimit(specs.length, limits.specsMax, "specs in one putSpecs");
  for (const spec of specs) checkInline(limits, inlineBytes(spec.input), `input of ${spec.id}`);
}

export function checkOutcome(limits: StoreLimits, outcome: Outcome | null, owner: string): void {
  checkInline(limits, outcomeBytes(outcome), `outcome of ${owner}`);
}

export function checkBatch(limits: StoreLimits, batch: JournalBatch): void {
  checkLimit(batch.records.length, limits.journalBatchRecordsMax, `records in one batch of ${batch.action}`);
  for (const record of batch.records) checkOutcome(limits, record.outcome, record.id);
  const batchBytes = batch.records.reduce((sum, record) => sum + outcomeBytes(record.outcome), 0);
  checkLimit(batchBytes, limits.journalBatchBytesMax, `bytes of values in one batch of ${batch.action}`);
}

export function checkEntries(limits: StoreLimits, entries: readonly MailboxEntry[]): void {
  checkLimit(entries.length, limits.mailboxEntriesMax, "entries in one appendMailbox");
  for (const entry of entries) checkOutcome(limits, entry.outcome, entry.child);
}

function outcomeBytes(outcome: Outcome | null): number {
  return outcome?.kind === "value" ? inlineBytes(outcome.payload) : 0;
}

function inlineBytes(payload: Payload): number {
  return payload.kind === "inline" ? payload.bytes.length : 0;
}

function checkInline(limits: StoreLimits, bytes: number, what: string): void {
  checkLimit(bytes, limits.inlineBytesMax, `inline bytes in the ${what}`);
}

function checkLimit(count: number, max: number, what: string): void {
  if (count > max) throw new Error(`Broken invariant: ${count} ${what}, at most ${max} are allowed.`);
}
