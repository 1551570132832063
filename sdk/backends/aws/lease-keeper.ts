/** The `Leases` of a replica on AWS: the main thread's side of its lease thread. */
import { Worker } from "node:worker_threads";
import type { Leases } from "../../ports.ts";
import type { LeaseOrder, LeaseThreadOptions } from "./lease-thread.ts";

export interface LeaseKeeperOptions {
  /** The module whose only work in a thread is to call `keepLeases`. */
  readonly thread: URL;
  /** @default the one of the environment */
  readonly region?: string | null;
  readonly endpoint?: string | null;
  /** URL of the queue of that name, as deliveries name it; null where nothing has to be kept hidden. */
  readonly queueUrlOf: (queue: string) => string | null;
  /** Of the execution whose driver this process is. */
  readonly taskToken?: string | null;
  /** @default 60 */
  readonly visibilitySeconds?: number;
  /** @default 20_000 */
  readonly beatMs?: number;
  /** How long after its time a delivery may still be held. @default 2_000 */
  readonly graceMs?: number;
  readonly healthFile?: string | null;
}

export interface LeaseKeeper extends Leases {
  /** Rejects if the lease thread fails: nothing keeps what is held then. Never resolves. */
  readonly failed: Promise<never>;
  close(): Promise<void>;
}

const lookMsMax = 500;

/** Starts the lease thread: from now on what is held stays hidden, whatever the main thread does. */
export function startLeaseKeeper(options: LeaseKeeperOptions): LeaseKeeper {
  const { region = null, endpoint = null, queueUrlOf, taskToken = null, healthFile = null } = options;
  const { visibilitySeconds = 60, beatMs = 20_000, graceMs = 2_000 } = options;
  const lookMs = Math.max(10, Math.min(lookMsMax, graceMs / 4));
  const thread = startThread(options.thread, {
    region,
    endpoint,
    taskToken,
    visibilitySeconds,
    beatMs,
    lookMs,
    graceMs,
    healthFile,
  });
  const tell = (order: LeaseOrder) => thread.postMessage(order);
  return {
    hold: ({ queue, receipt }, killAtMs) =>
      tell({ kind: "hold", queueUrl: queueUrlOf(queue), receipt, killAtMs }),
    drop: ({ receipt }) => tell({ kind: "drop", receipt }),
    failed: failureOf(thread),
    close: async () => {
      await thread.terminate();
    },
  };
}

function startThread(module: URL, options: LeaseThreadOptions): Worker {
  const thread = new Worker(module, { workerData: options, name: "drover-leases" });
  thread.unref();
  return thread;
}

function failureOf(thread: Worker): Promise<never> {
  const failed = new Promise<never>((_, reject) => {
    thread.once("error", reject);
    thread.once("exit", (code) => reject(new Error(`The lease thread has ended with code ${code}.`)));
  });
  // Whoever does not look at it has decided to go on.
  failed.catch(() => undefined);
  return failed;
}
