/** Deaths of all workers at chosen points of users' code. */
import { afterEach } from "vitest";
import { openTestBackend, type TestBackend, type TestBackendOptions } from "../../sdk/testing.ts";

const open: TestBackend[] = [];

/** A backend that is closed after the test. */
export function aBackend(options: TestBackendOptions = {}): TestBackend {
  const backend = openTestBackend(options);
  open.push(backend);
  return backend;
}

afterEach(() => {
  for (const backend of open.splice(0)) backend.close();
});

/**
 * A function that lets all workers die where it is called, the first `times` times for each place. As after SIGKILL, code
 * that has called it then does not go on.
 */
export function crasher(backend: TestBackend, times = 1): (place: string) => Promise<void> {
  const crashes = new Map<string, number>();
  return async (place) => {
    const count = crashes.get(place) ?? 0;
    if (count >= times) return;
    crashes.set(place, count + 1);
    backend.crashWorkers();
    await new Promise(() => {});
  };
}

/** Counts calls by name, to see what was executed how often. */
export class Tally {
  readonly counts: Record<string, number> = {};

  add(name: string): number {
    const count = (this.counts[name] ?? 0) + 1;
    this.counts[name] = count;
    return count;
  }
}
