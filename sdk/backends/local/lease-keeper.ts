/** The `Leases` of a replica: the main thread's side of its lease thread. */
import { extname } from "node:path";
import { SHARE_ENV, Worker } from "node:worker_threads";
import type { Leases } from "../../ports.ts";
import { LeaseBlock, slotsPerBlock } from "./lease-table.ts";
import type { LeaseThreadOptions } from "./lease-thread.ts";

export interface LeaseKeeperOptions {
  /** File descriptor of the heartbeat pipe. */
  readonly fd: number;
  /** @default 2_000 */
  readonly beatMs?: number;
  /** How long after its time a delivery may still be held. @default 2_000 */
  readonly graceMs?: number;
  /** How long this process may outlive its host before its lease thread kills it. @default 10_000 */
  readonly orphanMs?: number;
}

export interface LeaseKeeper extends Leases {
  /** Rejects if the lease thread fails: nothing speaks for this process then. Never resolves while it works. */
  readonly failed: Promise<never>;
  /** Stops the heartbeats. */
  close(): Promise<void>;
}

/** A thread that takes a second to see that something is over its time is early enough for limits of seconds. */
const lookMsMax = 500;

/**
 * Starts the lease thread: from now on the host sees heartbeats, whatever the main thread does. A delivery that is held
 * beyond its `killAtMs` and the grace ends the process by SIGKILL, and the host is told which one it was.
 *
 * All deliveries of a replica stay hidden from others as long as its heart beats, so holding one without `killAtMs` needs
 * nothing more.
 */
export function startLeaseKeeper(options: LeaseKeeperOptions): LeaseKeeper {
  const { fd, beatMs = 2_000, graceMs = 2_000, orphanMs = 10_000 } = options;
  const first = new LeaseBlock();
  const lookMs = Math.max(10, Math.min(lookMsMax, graceMs / 4));
  const worker = startThread({ fd, beatMs, lookMs, graceMs, orphanMs, memory: first.memory });
  const slots = new Slots(first, (block) => worker.postMessage(block.memory));
  return {
    hold: ({ receipt }, killAtMs) =>
      killAtMs === null ? slots.free(receipt) : slots.hold(receipt, killAtMs),
    drop: ({ receipt }) => slots.free(receipt),
    failed: failureOf(worker),
    close: async () => {
      await worker.terminate();
    },
  };
}

/** Which receipt is in which slot. */
class Slots {
  readonly #blocks: LeaseBlock[];
  readonly #announce: (block: LeaseBlock) => void;
  readonly #slotOf = new Map<string, number>();
  readonly #freed: number[] = [];
  #used = 0;

  constructor(first: LeaseBlock, announce: (block: LeaseBlock) => void) {
    this.#blocks = [first];
    this.#announce = announce;
  }

  hold(receipt: string, killAtMs: number): void {
    this.free(receipt);
    const slot = this.#freed.pop() ?? this.#used++;
    this.#slotOf.set(receipt, slot);
    this.#blockOf(slot).hold(slot % slotsPerBlock, receipt, killAtMs);
  }

  free(receipt: string): void {
    const slot = this.#slotOf.get(receipt);
    if (slot === undefined) return;
    this.#slotOf.delete(receipt);
    this.#freed.push(slot);
    this.#blockOf(slot).free(slot % slotsPerBlock);
  }

  #blockOf(slot: number): LeaseBlock {
    const index = Math.floor(slot / slotsPerBlock);
    const block = this.#blocks[index];
    if (block !== undefined) return block;
    const added = new LeaseBlock();
    this.#blocks.push(added);
    this.#announce(added);
    return added;
  }
}

function startThread(options: LeaseThreadOptions): Worker {
  // The sources run as they are, and so does what is built from them: the thread's file ends as this one does.
  const extension = extname(new URL(import.meta.url).pathname);
  const worker = new Worker(new URL(`./lease-thread${extension}`, import.meta.url), {
    workerData: options,
    env: SHARE_ENV,
    execArgv: [],
    name: "drover-leases",
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2, codeRangeSizeMb: 4 },
  });
  worker.unref();
  return worker;
}

function failureOf(worker: Worker): Promise<never> {
  const failed = new Promise<never>((_, reject) => worker.once("error", reject));
  // Whoever does not look at it has decided to go on.
  failed.catch(() => undefined);
  return failed;
}
