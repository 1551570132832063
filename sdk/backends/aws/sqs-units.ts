/** What SQS counts in. */
const billedBytes = 64 * 1_024;

/** A request is billed for each 64 KB that it carries, and once if it carries nothing. */
export function requestsFor(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / billedBytes));
}

/** Whole seconds: at least as long. */
export function inSeconds(ms: number): number {
  return Math.ceil(ms / 1_000);
}
