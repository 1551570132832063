/**
 * A stack in memory and virtual time: the functions as they are, over the memory backend, and around them what AWS does: executions,
 * the stream of the table, event sources of queues, and fleets. Events have the shapes that AWS sends.
 */
import { createHash } from "node:crypto";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { abort } from "../../functions/abort.ts";
import { drive } from "../../functions/drive.ts";
import { finish } from "../../functions/finish.ts";
import type { InvocationContext } from "../../functions/middleware.ts";
import { notify } from "../../functions/notify.ts";
import { park } from "../../functions/park.ts";
import { prepare } from "../../functions/prepare.ts";
import { timers } from "../../functions/timers.ts";
import { bundleModule } from "../../sdk/aws/bundle.ts";
import { BundleCache, bundleKey } from "../../sdk/aws/bundle-cache.ts";
import type { ChangeRecord, SqsEvent } from "../../sdk/aws/events.ts";
import { queuesOf, received } from "../../sdk/aws/received.ts";
import type { RunEvent } from "../../sdk/aws/run-events.ts";
import type { StackRuntime } from "../../sdk/aws/runtime.ts";
import { tokensIn } from "../../sdk/aws/tokens.ts";
import { driverWakingQueue, type Waking } from "../../sdk/aws/wake-driver.ts";
import { Bodies } from "../../sdk/backends/aws/bodies.ts";
import { endedStatesIn } from "../../sdk/backends/aws/ended-states.ts";
import { writeBody } from "../../sdk/backends/aws/message-body.ts";
import { queueName } from "../../sdk/backends/aws/names.ts";
import type { Notes } from "../../sdk/backends/aws/notes.ts";
import { stateItem } from "../../sdk/backends/aws/state-item.ts";
import { createMemoryBackend, type MemoryBackend } from "../../sdk/backends/memory/backend.ts";
import { MemoryLeases } from "../../sdk/backends/memory/leases.ts";
import { seededEntropy } from "../../sdk/backends/memory/seeded-entropy.ts";
import { VirtualClock } from "../../sdk/backends/memory/virtual-clock.ts";
import { SERVICE_QUEUE } from "../../sdk/core/identity.ts";
import type { ActionState } from "../../sdk/core/records.ts";
import { Worker } from "../../sdk/engine/worker.ts";
import type { Delivery, World } from "../../sdk/ports.ts";

const stack = "test";
const environments = { batches: [1, 1, 4, 30_000, 30_000], orders: null, lone: null } as const;
const leaseMs = 60_000;
const parkMsMax = 3_600_000;
const functionMs = 900_000;

/** How an execution ended. */
export interface ExecutionEnd {
  readonly status: "SUCCEEDED" | "FAILED";
  readonly error: Error | null;
  readonly drives: number;
  readonly parks: number;
}

export class MemoryCloud {
  readonly clock = new VirtualClock();
  readonly memory: MemoryBackend;
  readonly runtime: StackRuntime;
  readonly events: RunEvent[] = [];
  readonly code: string;
  readonly #stop = new AbortController();
  readonly #waiting = new Map<string, () => void>();
  #tokens = 0;

  private constructor(code: string, bytes: Uint8Array, dir: string) {
    this.code = code;
    this.memory = createMemoryBackend({ clock: this.clock, entropy: seededEntropy(1), leaseMs });
    void this.memory.blobs.put(bundleKey(code), bytes);
    this.runtime = this.#runtime(dir);
  }

  /** With the tasks of fixtures/orders.ts published, and loaded. */
  static async open(): Promise<MemoryCloud> {
    const dir = await mkdtemp(join(tmpdir(), "drover-functions-"));
    const { code, bytes } = await bundleModule(new URL("./fixtures/orders.ts", import.meta.url).pathname);
    const cloud = new MemoryCloud(code, bytes, dir);
    // Files are read before the time is virtual.
    await cloud.runtime.code.bundles.definitions(code);
    cloud.#listen();
    return cloud;
  }

  close(): void {
    this.#stop.abort();
  }

  /** One execution of the state machine, from its input to its end. @param driver Replaces a drive, to disturb it. */
  async execute(
    input: {
      readonly run: string;
      readonly task: string;
      readonly input?: unknown;
      readonly bundle?: string;
    },
    driver: (run: string) => ReturnType<typeof drive> = (run) => this.drive(run),
  ): Promise<ExecutionEnd> {
    let drives = 0;
    let parks = 0;
    try {
      const { run } = await prepare(this.runtime, input, this.context());
      for (;;) {
        drives += 1;
        const { status } = await this.#retried(() => driver(run));
        if (status === "done") break;
        if (status === "continue") continue;
        parks += 1;
        await this.parked(run);
      }
      await finish(this.runtime, { run }, this.context());
      return { status: "SUCCEEDED", error: null, drives, parks };
    } catch (error) {
      await abort(this.runtime, { run: input.run, reason: String(error) }, this.context());
      return { status: "FAILED", error: error as Error, drives, parks };
    }
  }

  async drive(
    run: string,
    world: World = this.runtime.world,
  ): Promise<{ status: "done" | "continue" | "suspended" }> {
    return await drive({ ...this.runtime, world }, { run }, this.context());
  }

  /** Parks a run until its token is answered, or for an hour. */
  async parked(run: string): Promise<void> {
    this.#tokens += 1;
    const token = `token-${this.#tokens}`;
    const woken = new AbortController();
    this.#waiting.set(token, () => woken.abort());
    await park(this.runtime, { run, token }, this.context());
    await this.clock.wait(parkMsMax, woken.signal);
    this.#waiting.delete(token);
  }

  /** The world whose messages for root actions are answered in this way. */
  worldWaking(waking: Waking): World {
    return { ...this.memory, queue: driverWakingQueue(this.memory, waking) };
  }

  context(): InvocationContext {
    const untilMs = this.clock.nowMs() + functionMs;
    return {
      functionName: "test",
      awsRequestId: "request",
      getRemainingTimeInMillis: () => untilMs - this.clock.nowMs(),
    };
  }

  /** As the state machine does. */
  async #retried<T>(invoke: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await invoke();
      } catch (error) {
        if (tries > 12) throw error;
        await this.clock.wait(1_000 * tries);
      }
    }
  }

  #runtime(dir: string): StackRuntime {
    const { memory } = this;
    const waking = {
      tokens: tokensIn(notesInMemory()),
      answer: async (token: string) => this.#waiting.get(token)?.(),
    };
    const queueOf = queuesOf(stack, { environments });
    const world: World = { ...memory, queue: driverWakingQueue(memory, waking) };
    const refuse = async () => {
      throw new Error("Not in memory.");
    };
    return {
      stack,
      world,
      waking,
      code: {
        bundles: new BundleCache({ world, dir }),
        published: { read: async () => this.code, write: refuse },
      },
      publish: async (events) => {
        this.events.push(...events);
      },
      fleets: {
        clock: this.clock,
        look: refuse,
        setDesired: refuse,
        readHistory: refuse,
        writeHistory: refuse,
      },
      policies: new Map(),
      launch: refuse,
      received: (record) => received(world, queueOf, record),
      endedIn: (records) => endedStatesIn(records, new Bodies(memory.blobs)),
    };
  }

  /** The event sources of notify and timers, and the fleets. */
  #listen(): void {
    const { signal } = this.#stop;
    this.memory.changes.follow(async (ended) => {
      const event = { Records: await changesOf(ended, this.memory) };
      const { batchItemFailures } = await notify(this.runtime, event, this.context());
      if (batchItemFailures.length > 0) throw new Error("The batch is to be brought again.");
    }, signal);
    void this.#serve(signal);
    for (const environment of ["batches", "lone"]) {
      const leases = new MemoryLeases({ queue: this.memory.queue, clock: this.clock, leaseMs });
      const { bundles } = this.runtime.code;
      const worker = new Worker(this.runtime.world, {
        environment,
        concurrency: 4,
        leases,
        resolveTask: (name, spec) => bundles.resolveTask(name, spec),
      });
      void worker.run();
    }
  }

  async #serve(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const deliveries = await this.memory.queue.receive(SERVICE_QUEUE, 10, 20_000, signal);
      if (deliveries.length === 0) continue;
      const { batchItemFailures } = await timers(this.runtime, sqsEventOf(deliveries), this.context());
      const failed = new Set(batchItemFailures.map((failure) => failure.itemIdentifier));
      await this.memory.queue.remove(deliveries.filter(({ messageId }) => !failed.has(messageId)));
    }
  }
}

/** The event that SQS makes of deliveries. @param isDead Whether they come from the queue's dead letters. */
export function sqsEventOf(deliveries: readonly Delivery[], isDead = false): SqsEvent {
  return {
    Records: deliveries.map(({ queue, messageId, receipt, message }) => {
      const body = writeBody({ message, dueMs: null });
      return {
        messageId,
        receiptHandle: receipt,
        body,
        attributes: { ApproximateReceiveCount: "1", SentTimestamp: "0" },
        messageAttributes: {},
        md5OfBody: createHash("md5").update(body).digest("hex"),
        eventSource: "aws:sqs",
        eventSourceARN: `arn:aws:sqs:eu-west-1:123456789012:${queueName(stack, queue)}${isDead ? "--dead" : ""}`,
        awsRegion: "eu-west-1",
      };
    }),
  };
}

let sequence = 0;

/** The stream records of states that were written. */
export async function changesOf(
  states: readonly ActionState[],
  { blobs }: MemoryBackend,
): Promise<ChangeRecord[]> {
  const items = await Promise.all(states.map((state) => stateItem(state, new Bodies(blobs))));
  return items.map((item) => {
    sequence += 1;
    const NewImage = Object.fromEntries(
      Object.entries(item).map(([name, { S, N, B }]) => {
        if (S !== undefined) return [name, { S }];
        return [name, N === undefined ? { B: Buffer.from(B ?? []).toString("base64") } : { N }];
      }),
    );
    const dynamodb = { NewImage, SequenceNumber: String(sequence), StreamViewType: "NEW_IMAGE" };
    return { eventID: String(sequence), eventName: "MODIFY", eventSource: "aws:dynamodb", dynamodb };
  });
}

interface Ledger {
  readonly effects: Map<string, number>;
  failures: number;
}

/** What the tasks of fixtures/orders.ts did in this process. */
export function ledger(): Ledger {
  return (globalThis as unknown as { ordersLedger: Ledger }).ordersLedger;
}

export function clearLedger(): void {
  ledger().effects.clear();
  ledger().failures = 0;
}

function notesInMemory(): Notes {
  const texts = new Map<string, string>();
  return {
    read: async (name) => texts.get(name) ?? null,
    write: async (name, text) => {
      texts.set(name, text);
    },
  };
}
