/** What the local store takes in one request. */
import type { StoreLimits } from "../../ports.ts";

export const localLimits: StoreLimits = {
  inlineBytesMax: 32 * 1024,
  journalBatchBytesMax: 1024 * 1024,
  journalBatchRecordsMax: 1_000,
  specsMax: 250,
  mailboxEntriesMax: 250,
  // A turn is one transaction, and queues live no longer than the process that has yet to commit it.
  isOrdered: true,
};

/** @throws RangeError when a caller did not cut its request to the limits. */
export function checkCount(what: string, count: number, countMax: number): void {
  if (count <= countMax) return;
  throw new RangeError(
    `${count} ${what} in one request; the local store takes at most ${countMax}. Cut the request to its limits.`,
  );
}
