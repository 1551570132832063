/**
 * The thread that keeps what a replica holds hidden from others, while the main thread runs user code. It has an SQS client of
 * its own. What is held beyond its time ends the whole process: nothing else stops code that never returns.
 *
 * T1. The main thread's messages arrive here even while it computes, so a delivery is known before its code can hang.
 */
import { writeFileSync, writeSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { SendTaskHeartbeatCommand, SFNClient } from "@aws-sdk/client-sfn";
import { ChangeMessageVisibilityBatchCommand, SQSClient } from "@aws-sdk/client-sqs";
import { type HeldLease, HeldLeases } from "./held-leases.ts";

/** What the main thread tells its lease thread at the start. */
export interface LeaseThreadOptions {
  /** Null for the one of the environment. */
  readonly region: string | null;
  /** Only where SQS is not AWS's own. */
  readonly endpoint: string | null;
  /** Token of the execution whose driver this process is; null for a replica. It is told at each beat that it lives. */
  readonly taskToken: string | null;
  /** How long a message stays hidden after each beat. */
  readonly visibilitySeconds: number;
  readonly beatMs: number;
  /** How often held deliveries are looked at. */
  readonly lookMs: number;
  /** How long after its time a delivery may still be held. */
  readonly graceMs: number;
  /** Touched at each beat; null for none. */
  readonly healthFile: string | null;
}

export type LeaseOrder =
  | ({ readonly kind: "hold" } & HeldLease)
  | { readonly kind: "drop"; readonly receipt: string };

/** Keeps leases for as long as the process lives: the whole work of the lease thread. */
export function keepLeases(): void {
  const options = workerData as LeaseThreadOptions;
  const held = new HeldLeases(options.graceMs);
  parentPort?.on("message", (order: LeaseOrder) => {
    if (order.kind === "hold") held.hold(order);
    else held.drop(order.receipt);
  });
  const beat = beatOf(options, held);
  setInterval(() => endIfHanging(held), options.lookMs);
  setInterval(beat, options.beatMs);
  beat();
}

/** One beat: says that this process lives, and hides what it holds for some more time. */
function beatOf(options: LeaseThreadOptions, held: HeldLeases): () => void {
  const { endpoint, taskToken, visibilitySeconds, healthFile } = options;
  const region = options.region === null ? {} : { region: options.region };
  const sqs = new SQSClient({
    ...region,
    ...(endpoint === null ? {} : { endpoint, useQueueUrlAsEndpoint: false }),
  });
  const sfn = taskToken === null ? null : new SFNClient(region);
  return () => {
    if (healthFile !== null) writeFileSync(healthFile, String(Date.now()));
    // What fails is tried again by the next beat. A lease that lapses meanwhile costs a takeover and nothing else; an execution
    // that waits no longer has another driver, whose epoch ends this one.
    if (sfn !== null && taskToken !== null) {
      sfn.send(new SendTaskHeartbeatCommand({ taskToken })).catch(() => undefined);
    }
    for (const { queueUrl, receipts } of held.batches()) {
      sqs.send(hiding(queueUrl, receipts, visibilitySeconds)).catch(() => undefined);
    }
  };
}

function hiding(queueUrl: string, receipts: readonly string[], VisibilityTimeout: number) {
  const Entries = receipts.map((ReceiptHandle, place) => ({
    Id: String(place),
    ReceiptHandle,
    VisibilityTimeout,
  }));
  return new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries });
}

function endIfHanging(held: HeldLeases): void {
  const receipt = held.hanging(Date.now(), performance.now());
  if (receipt === null) return;
  const message = "An action is over its time and does not stop: this replica ends.";
  writeSync(2, `${JSON.stringify({ level: "error", message, receipt })}\n`);
  process.kill(process.pid, "SIGKILL");
}
