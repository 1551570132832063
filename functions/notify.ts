/** Tells of actions that have ended: their parents, their children, the executions of their runs, and whoever listens. */
import {
  type ActionState,
  type BatchAnswer,
  errorFields,
  notifyEnded,
  runEnded,
  type StackRuntime,
  type StreamEvent,
  wakeRun,
  writeLog,
} from "../sdk/aws-host.ts";
import { handlerOf, type Work } from "./middleware.ts";

/**
 * A batch is told as a whole, which writes once for all children of a parent. Where that fails its changes are told one by one,
 * and Lambda is told of the first that still fails: it brings that one and what follows again.
 */
export const notify: Work<StreamEvent, BatchAnswer> = async (runtime, { Records }) => {
  try {
    await tell(runtime, await runtime.endedIn(Records));
    return { batchItemFailures: [] };
  } catch (error) {
    writeLog({ level: "warn", message: "a batch failed, and is told one by one", ...errorFields(error) });
  }
  for (const record of Records) {
    try {
      await tell(runtime, await runtime.endedIn([record]));
    } catch (error) {
      const itemIdentifier = record.dynamodb?.SequenceNumber ?? "";
      writeLog({ level: "error", message: "a change failed", change: itemIdentifier, ...errorFields(error) });
      return { batchItemFailures: [{ itemIdentifier }] };
    }
  }
  return { batchItemFailures: [] };
};

async function tell(
  { world, waking, publish, stack }: StackRuntime,
  ended: readonly ActionState[],
): Promise<void> {
  await notifyEnded(world, ended);
  const roots = ended.filter((state) => state.parent === null);
  if (roots.length === 0) return;
  // Its execution may be parked: one that was aborted or ran out of time is told nothing else.
  await Promise.all(roots.map((root) => wakeRun(world, waking, root.run)));
  await publish(roots.map((root) => runEnded(stack, root)));
}

export const handler = handlerOf(notify);
