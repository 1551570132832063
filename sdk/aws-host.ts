/** The door for what a stack runs: its Lambda functions and its containers. */

export { type DriveStatus, driveRun } from "./aws/drive.ts";
export type { BatchAnswer, SqsEvent, StreamEvent } from "./aws/events.ts";
export { type Scaled, scaleFleet } from "./aws/fleet-control.ts";
export { launchFor } from "./aws/launch-task.ts";
export { errorFields, type LogFields, logActions, writeLog } from "./aws/log-lines.ts";
export { prepareRun } from "./aws/prepare-run.ts";
export { openReplica, type Replica, type ReplicaWork, readReplicaWork } from "./aws/replica.ts";
export { endOfRun } from "./aws/run-end.ts";
export { runEnded, runStarted } from "./aws/run-events.ts";
export { type ConnectedRuntime, openRuntime, type StackRuntime } from "./aws/runtime.ts";
export { abortRun, buryMessage, serveMessage } from "./aws/service-messages.ts";
export { protectByAgent, protectWhileBusy } from "./aws/task-protection.ts";
export { parkRun, wakeRun } from "./aws/wake-driver.ts";
export { startLeaseKeeper } from "./backends/aws/lease-keeper.ts";
export { keepLeases } from "./backends/aws/lease-thread.ts";
export type { ActionState } from "./core/records.ts";
export { notifyEnded } from "./engine/notify.ts";
export type { Delivery } from "./ports.ts";
