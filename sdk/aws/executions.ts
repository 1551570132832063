/** Executions of runs, as whoever starts and ends runs sees them. */
import { type SFNClient, StartExecutionCommand, StopExecutionCommand } from "@aws-sdk/client-sfn";
import type { RunRecord } from "../core/records.ts";

/** Starts the execution of a recorded run. Where it has one, nothing is started. */
export async function startExecution(sfn: SFNClient, stateMachineArn: string, run: RunRecord): Promise<void> {
  // The machine hands all of it on when it goes on in another execution, so nothing is left out.
  const input = JSON.stringify({ run: run.name, task: run.task, input: null, bundle: run.code });
  try {
    await sfn.send(new StartExecutionCommand({ stateMachineArn, name: run.name, input }));
  } catch (error) {
    if (!isNamed(error, "ExecutionAlreadyExists")) throw error;
  }
}

const causeLengthMax = 30_000;

/**
 * Stops the execution of a run that was aborted, so that it shows as aborted. A run that goes on in a later execution is left
 * to end that one itself.
 */
export async function stopExecution(
  sfn: SFNClient,
  stateMachineArn: string,
  run: RunRecord,
  reason: string,
): Promise<void> {
  const executionArn = `${stateMachineArn.replace(":stateMachine:", ":execution:")}:${run.name}`;
  const cause = reason.slice(0, causeLengthMax);
  try {
    await sfn.send(new StopExecutionCommand({ executionArn, error: "ActionAbortedError", cause }));
  } catch (error) {
    if (!isNamed(error, "ExecutionDoesNotExist", "ValidationException")) throw error;
  }
}

function isNamed(error: unknown, ...names: readonly string[]): boolean {
  return error instanceof Error && names.includes(error.name);
}
