/** Starts real replica processes for tests, and ends them with the test. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type LocalBackend, openLocalBackend } from "../../sdk/backends/local/host-backend.ts";
import type { ReplicaEvent } from "../../sdk/backends/local/ipc/messages.ts";
import type { HostPorts } from "../../sdk/backends/local/ipc/methods.ts";
import {
  type ReplicaLine,
  type ReplicaOptions,
  type ReplicaProcess,
  startReplica,
} from "../../sdk/backends/local/replica-process.ts";
import type { ReplicaWork } from "./fixtures/local-replica.ts";
import { aMessage, aSpec } from "./records.ts";

export const replicaEntry = new URL("./fixtures/local-replica.ts", import.meta.url);

/** A backend in a folder of its own, both gone after the test. */
export function aLocalBackend(): LocalBackend {
  const dir = mkdtempSync(join(tmpdir(), "drover-processes-"));
  const backend = openLocalBackend({ dir });
  onTestFinished(() => {
    backend.close();
    rmSync(dir, { recursive: true, force: true });
  });
  return backend;
}

export function portsOf(backend: LocalBackend, owner: string): HostPorts {
  const { store, blobs, queue } = backend;
  return { store, blobs, queue: queue.forOwner(owner) };
}

export interface StartedReplica extends ReplicaProcess {
  readonly backend: LocalBackend;
  readonly events: readonly ReplicaEvent[];
  readonly lines: readonly ReplicaLine[];
  /** Resolves with the first event of the kind. */
  event(kind: string): Promise<ReplicaEvent>;
}

/** A replica that is killed when the test ends. */
export function aReplica(work: ReplicaWork, options: Partial<ReplicaOptions> = {}): StartedReplica {
  const backend = aLocalBackend();
  const events: ReplicaEvent[] = [];
  const lines: ReplicaLine[] = [];
  const replica = startReplica({
    id: "replica-1",
    entry: replicaEntry,
    work,
    ports: portsOf(backend, "replica-1"),
    onEvent: (event) => events.push(event),
    onLine: (line) => lines.push(line),
    ...options,
  });
  onTestFinished(async () => {
    replica.kill();
    await replica.exited;
  });
  const event = (kind: string) => until(`event ${kind}`, () => events.find((one) => one.kind === kind));
  return { ...replica, backend, events, lines, event };
}

/** Puts messages of actions `<queue>/a1`, `<queue>/a2`, … on the queue. */
export async function sendMessages(
  backend: Pick<LocalBackend, "queue">,
  queue: string,
  count: number,
): Promise<void> {
  const specs = Array.from({ length: count }, (_, n) =>
    aSpec({ id: `${queue}/a${n + 1}`, environment: queue }),
  );
  await backend.queue.send(specs.map((spec) => ({ queue, message: aMessage(spec), delayMs: 0 })));
}

/** Asks until the answer is neither undefined nor false, for half a minute. */
export async function until<T>(what: string, ask: () => T | undefined | false): Promise<T> {
  const deadlineMs = Date.now() + 30_000;
  for (;;) {
    const answer = ask();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > deadlineMs) throw new Error(`In half a minute it did not come to this: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
