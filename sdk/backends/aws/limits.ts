/** What the store takes in one request. */
import type { StoreLimits } from "../../ports.ts";

/**
 * An item holds 400 KB: a journal batch of the largest values and the most records, and a mailbox record of the largest
 * outcomes, both fit one (bodies.ts). A unit of writing is 1 KB, so nothing is won by fuller ones.
 */
export const awsLimits: StoreLimits = {
  inlineBytesMax: 16 * 1_024,
  journalBatchBytesMax: 256 * 1_024,
  journalBatchRecordsMax: 500,
  specsMax: 100,
  mailboxEntriesMax: 20,
};

/** @throws RangeError when a caller did not cut its request to the limits. */
export function checkCount(what: string, count: number, countMax: number): void {
  if (count <= countMax) return;
  throw new RangeError(
    `${count} ${what} in one request; at most ${countMax} are taken. Cut the request to the limits.`,
  );
}
