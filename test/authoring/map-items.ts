/** A task for each kind of item, and what a test sees of them. */
import { TaskEnvironment, trace } from "../../sdk/index.ts";
import type { TestBackend } from "../../sdk/testing.ts";
import { aBackend } from "./crashes.ts";

const environment = new TaskEnvironment("maps", { reusable: { replicas: 10, concurrency: 100 } });

/** What one test sees of its items. */
export const seen = { running: 0, most: 0, started: [] as number[], backend: null as TestBackend | null };

/** Works for (`item` + 1) × 100 ms. */
export const workOn = trace(async function workOn(item: number) {
  seen.started.push(item);
  seen.running += 1;
  seen.most = Math.max(seen.most, seen.running);
  await seen.backend?.clock.wait((item + 1) * 100);
  seen.running -= 1;
});

/** Fails for odd items, after its work. */
export const even = environment.task(async function even(item: number) {
  await workOn(item);
  if (item % 2 === 1) throw new RangeError(`${item} is odd`);
  return item * 10;
});

export const any = environment.task(async function any(item: number) {
  await workOn(item);
  return item * 10;
});

export function aSeenBackend(): TestBackend {
  const backend = aBackend();
  Object.assign(seen, { running: 0, most: 0, started: [], backend });
  return backend;
}

let made = 0;

export function driverOf<Out>(fn: () => Promise<Out>) {
  made += 1;
  return environment.task(async () => await fn(), { name: `driver_${made}` });
}

export async function* slowly(items: readonly number[]) {
  for (const item of items) yield await Promise.resolve(item);
}
