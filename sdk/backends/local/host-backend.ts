/** The embedded backend as its host opens it: the parts of this folder put together. */
import { resolve } from "node:path";
import { isEnded } from "../../core/records.ts";
import type { Blobs, Catalog, Changes, Clock, Entropy, Store } from "../../ports.ts";
import { LocalBlobs, prepareBlobs } from "./blobs.ts";
import { LocalCatalog } from "./catalog.ts";
import { LocalChanges } from "./changes.ts";
import { Checkpoints } from "./checkpoints.ts";
import { Database } from "./database.ts";
import { type Durability, openStateFile, stateFilePath } from "./database-file.ts";
import { realEntropy } from "./entropy.ts";
import { lockHost } from "./host-lock.ts";
import { Journal } from "./journal.ts";
import { Mailbox } from "./mailbox.ts";
import { LocalQueue, type OwnedQueue, type RestoredMessage } from "./queue.ts";
import { messagesToRestore } from "./queue-refill.ts";
import { realClock } from "./real-clock.ts";
import { Requests } from "./requests.ts";
import { LocalStore } from "./store.ts";
import { Actions } from "./store-actions.ts";
import { ActionIndex } from "./store-index.ts";
import { Runs } from "./store-runs.ts";
import { AllTotals } from "./store-totals.ts";
import { Unsettled } from "./store-unsettled.ts";

export interface LocalBackendOptions {
  /** The state folder; made where there is none. */
  readonly dir: string;
  /** @default "process" */
  readonly durability?: Durability;
  /** How long an owner of deliveries may be silent before they are delivered to others. @default 15_000 */
  readonly leaseMs?: number;
  /** @default the clock of this machine */
  readonly clock?: Clock;
  /** @default the randomness of this machine */
  readonly entropy?: Entropy;
}

export interface LocalBackend {
  readonly store: Store;
  readonly blobs: Blobs;
  readonly queue: OwnedQueue;
  readonly changes: Changes;
  readonly catalog: Catalog;
  readonly requests: Requests;
  readonly clock: Clock;
  readonly entropy: Entropy;
  /** Commits what is open, ends all waits and gives the folder free. Later calls reject with ClosedError. */
  close(): void;
}

const leaseMsDefault = 15_000;

/**
 * Opens the state folder as its host, with all messages on their queues that the records in it ask for.
 *
 * @throws DroverError with code `HOST_RUNNING` while another process is its host, `STATE_VERSION` if a newer Drover wrote it.
 */
export function openLocalBackend(options: LocalBackendOptions): LocalBackend {
  const dir = resolve(options.dir);
  const lock = lockHost(dir);
  try {
    const backend = openLocked(dir, options);
    const close = () => {
      backend.close();
      lock.release();
    };
    return { ...backend, close };
  } catch (error) {
    lock.release();
    throw error;
  }
}

function openLocked(dir: string, options: LocalBackendOptions): LocalBackend {
  const {
    durability = "process",
    leaseMs = leaseMsDefault,
    clock = realClock,
    entropy = realEntropy,
  } = options;
  prepareBlobs(dir);
  const database = new Database(openStateFile(dir, durability));
  const checkpoints = new Checkpoints(database, stateFilePath(dir));
  const totals = new AllTotals(database);
  const index = new ActionIndex(database, totals);
  const actions = new Actions(database, index, totals);
  const unsettled = new Unsettled(database, index);
  const changes = new LocalChanges(unsettled, clock);
  const mailbox = new Mailbox(database, clock);
  const store = new LocalStore({
    database,
    runs: new Runs(database),
    actions,
    journal: new Journal(database, index),
    mailbox,
    onEnded: (state) => changes.add(state),
  });
  database.listen(changes);
  const queue = new LocalQueue({
    clock,
    entropy,
    leaseMs,
    readSpec: (action) => actions.specOf(action),
    isStored: (action) => actions.has(action),
    settleTimers: (timers) => unsettled.settle(timers),
  });
  refill(queue, unsettled, index, clock.nowMs());
  const requests = new Requests(database, clock);
  const close = () => {
    for (const part of [requests, changes, queue, mailbox, checkpoints, database]) part.close();
  };
  const blobs = new LocalBlobs(dir, durability, entropy);
  return {
    store,
    blobs,
    queue,
    changes,
    catalog: new LocalCatalog(database),
    requests,
    clock,
    entropy,
    close,
  };
}

/** Timers whose parent has ended have nobody to tell, and are done with. */
function refill(queue: LocalQueue, unsettled: Unsettled, index: ActionIndex, nowMs: number): void {
  const messages: RestoredMessage[] = [];
  const pointless: string[] = [];
  for (const { spec, state } of unsettled.unfinished()) {
    const parent = spec.kind === "timer" && spec.parent !== null ? index.find(spec.parent) : null;
    const isPointless = parent !== null && parent.status !== null && isEnded(parent.status);
    if (isPointless) pointless.push(spec.id);
    else messages.push(...messagesToRestore(spec, state, nowMs));
  }
  queue.restore(messages);
  // A failure costs nothing: they are found again the next time.
  if (pointless.length > 0) unsettled.settle(pointless).catch(() => {});
}
