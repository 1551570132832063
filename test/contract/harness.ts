/** What the contract suite needs of a backend, and the words its tests are written in. */
import { createHash, randomUUID } from "node:crypto";
import { expect } from "vitest";
import type { Blobs, Catalog, Changes, Clock, Delivery, Leases, Queue, Store } from "../../sdk/ports.ts";

export interface ContractBackend {
  readonly store: Store;
  readonly blobs: Blobs;
  readonly queue: Queue;
  readonly changes: Changes;
  readonly catalog: Catalog;
  /** Where the backend has one that works in the process of the test. */
  readonly leases?: Leases;
  /** The time in which leases, delays and waits of the backend pass. */
  readonly clock: Clock;
  /** How long a received message stays hidden: short, from 200 ms to 2 s. */
  readonly leaseMs: number;
  /** Names of what the backend's blobs have left outside its own place: none, it is hoped. */
  strays?(): Promise<readonly string[]>;
  /**
   * Ends this backend as a kill would and opens another over the same records. Given where the records outlive the process;
   * this backend is then not used any more.
   */
  reopen?(): Promise<ContractBackend>;
  close(): Promise<void>;
}

/** Makes an empty backend, or one whose records no test has seen. */
export type MakeBackend = () => Promise<ContractBackend>;

/** Gives the backend that the tests of the suite share; each keeps to names of its own. */
export type Provide = () => ContractBackend;

/** A wait that no test sits out, unless it is about to fail. */
export const longWaitMs = 60_000;

/** How long a test looks for what must come, before it says what did not: less than its own time limit. */
export const answerMsMax = 10_000;

/** How much too early a timer may seem to end: clocks are rounded. */
const toleranceMs = 20;

/** A name that runs, queues and environments may have, and that no other test has. */
export function freshName(prefix = "contract"): string {
  return `${prefix}-${randomUUID().slice(0, 13)}`;
}

/** Numbers from 0 to `count - 1`. */
export function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, number) => number);
}

/** Equal in every field and byte, with nothing missing and nothing added. */
export function expectSame(actual: unknown, expected: unknown): void {
  expect(digested(actual)).toStrictEqual(digested(expected));
}

/** The value with each byte string as its size and hash, which compares fast and reads well when it differs. */
function digested(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Uint8Array) {
    return `${value.length} bytes ${createHash("sha256").update(value).digest("hex").slice(0, 16)}`;
  }
  if (Array.isArray(value)) return value.map(digested);
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([field, inner]) => [field, digested(inner)]));
}

/** What `attempt` gives when it gives something; it is repeated while it gives null, for some hundred times. */
export async function untilDone<T>(attempt: () => Promise<T | null>): Promise<T> {
  for (let triesLeft = 500; triesLeft > 0; triesLeft--) {
    const done = await attempt();
    if (done !== null) return done;
  }
  throw new Error("500 attempts in a row were refused.");
}

/** Tries the assertion until it holds, for some seconds; then lets its error through. */
export async function eventually(clock: Clock, assertion: () => void | Promise<void>): Promise<void> {
  const deadlineMs = clock.nowMs() + answerMsMax;
  for (;;) {
    try {
      return await assertion();
    } catch (error) {
      if (clock.nowMs() >= deadlineMs) throw error;
      await clock.wait(20);
    }
  }
}

/** Checks that at least `ms` have passed. There is no upper bound to check: a slow machine is not a wrong one. */
export function expectPassed(clock: Clock, sinceMs: number, ms: number): void {
  expectElapsed(clock.nowMs() - sinceMs, ms);
}

export function expectElapsed(elapsedMs: number, ms: number): void {
  expect(elapsedMs).toBeGreaterThanOrEqual(ms - toleranceMs);
}

/** Checks that a wait of `longWaitMs` was ended by something: in a time that jumps, sitting it out costs nothing. */
export function expectEndedEarly(clock: Clock, sinceMs: number): void {
  expect(clock.nowMs() - sinceMs).toBeLessThan(longWaitMs);
}

/** Waits for one delivery. */
export async function receiveOne({ queue, clock }: ContractBackend, name: string): Promise<Delivery> {
  const deadlineMs = clock.nowMs() + answerMsMax;
  while (clock.nowMs() < deadlineMs) {
    const [delivery] = await queue.receive(name, 1, deadlineMs - clock.nowMs());
    if (delivery !== undefined) return delivery;
  }
  throw new Error(`Queue ${name} delivered nothing.`);
}

/**
 * Repeats the attempt until it took less time than a lease lasts, so that nothing it saw is due to a lease that ended
 * while the machine was busy with something else.
 */
export async function withinLease<T>(
  { clock, leaseMs }: ContractBackend,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let triesLeft = 20; triesLeft > 0; triesLeft--) {
    const startedMs = clock.nowMs();
    const seen = await attempt();
    if (clock.nowMs() - startedMs < leaseMs) return seen;
  }
  throw new Error(
    `Not once in 20 times was this done within a lease of ${leaseMs} ms. Is the lease too short?`,
  );
}
