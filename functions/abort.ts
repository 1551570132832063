/**
 * Ends a run whose execution is over without it: called by the execution when one of its states failed for good, and by the
 * event that tells that an execution was stopped or timed out.
 */
import { abortRun } from "../sdk/aws-host.ts";
import { handlerOf, type Work } from "./middleware.ts";

/** From the execution itself. */
export interface AbortEvent {
  readonly run: string;
  readonly reason: string;
}

/** From EventBridge. */
export interface ExecutionEvent {
  readonly "detail-type": string;
  readonly detail: {
    readonly status: string;
    readonly name: string;
    /** The execution's input as JSON; null where it was too large for the event. */
    readonly input?: string | null;
    readonly cause?: string | null;
  };
}

const reasonLengthMax = 1_000;

export const abort: Work<
  AbortEvent | ExecutionEvent,
  { readonly run: string; readonly result: string }
> = async ({ world }, event) => {
  const { run, reason } = "detail" in event ? subjectOf(event) : event;
  return { run, result: await abortRun(world, run, reason.slice(0, reasonLengthMax)) };
};

function subjectOf({ detail }: ExecutionEvent): AbortEvent {
  const { status, name, input, cause } = detail;
  const given = JSON.parse(input ?? "{}") as { readonly run?: unknown };
  const word = status.toLowerCase().replaceAll("_", " ");
  const reason = `its execution has ${word}${cause == null ? "" : `: ${cause}`}`;
  // An execution that goes on with a run has another name, and the run in its input.
  return { run: typeof given.run === "string" ? given.run : name, reason };
}

export const handler = handlerOf(abort);
