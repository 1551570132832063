/**
 * The worker thread that keeps what a replica holds hidden from others, while the main thread runs user code. It has an SQS client
 * of its own. What is held beyond its time ends the whole process: nothing else stops code that never returns.
 *
 * T1. The main thread's messages arrive here even while it computes, so a delivery is known before its code can hang.
 */
import { writeFileSync } from "node:fs";
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

const options = workerData as LeaseThreadOptions;
const { endpoint, taskToken, visibilitySeconds, beatMs, lookMs, graceMs, healthFile } = options;
const region = options.region === null ? {} : { region: options.region };
const sqs = new SQSClient({
  ...region,
  ...(endpoint === null ? {} : { endpoint, useQueueUrlAsEndpoint: false }),
});
const sfn = taskToken === null ? null : new SFNClient(region);
const held = new HeldLeases(graceMs);

parentPort?.on("message", (order: LeaseOrder) => {
  if (order.kind === "hold") held.hold(order);
  else held.drop(order.receipt);
});
setInterval(look, lookMs);
setInterval(() => void beat(), beatMs);
void beat();

async function beat(): Promise<void> {
  if (healthFile !== null) writeFileSync(healthFile, String(Date.now()));
  await Promise.all([tellExecution(), ...held.batches().map((batch) => extend(batch.queueUrl, batch.receipts))]);
}

async function tellExecution(): Promise<void> {
  if (sfn === null || taskToken === null) return;
  // An execution that waits no longer is none of this thread's business: another driver's epoch ends this one.
  await sfn.send(new SendTaskHeartbeatCommand({ taskToken })).catch(() => undefined);
}

async function extend(queueUrl: string, receipts: readonly string[]): Promise<void> {
  const Entries = receipts.map((ReceiptHandle, index) => ({
    Id: String(index),
    ReceiptHandle,
    VisibilityTimeout: visibilitySeconds,
  }));
  try {
    await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries }));
  } catch {
    // The next beat tries again; a lease that lapses meanwhile costs a takeover and nothing else.
  }
}

function look(): void {
  const receipt = held.hanging(Date.now(), performance.now());
  if (receipt === null) return;
  const message = "An action is over its time and does not stop: this replica ends.";
  process.stderr.write(`${JSON.stringify({ level: "error", message, receipt })}\n`);
  process.kill(process.pid, "SIGKILL");
}
