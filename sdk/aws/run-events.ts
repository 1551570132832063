/** Events about runs, for whoever listens on the account's event bus. */
import { type EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { EVENT_SOURCE } from "../backends/aws/names.ts";
import type { ActionState, RunRecord } from "../core/records.ts";

export interface RunEvent {
  readonly type: "Run Started" | "Run Ended";
  readonly detail: Readonly<Record<string, string | number | null>>;
}

/** Sends events; each may be sent more than once. */
export type PublishEvents = (events: readonly RunEvent[]) => Promise<void>;

export function runStarted(stack: string, run: RunRecord): RunEvent {
  const { name, task, environment, code, createdMs } = run;
  return { type: "Run Started", detail: { stack, run: name, task, environment, code, startedMs: createdMs } };
}

/** @param root State of the run's root action, which has ended. */
export function runEnded(stack: string, root: ActionState): RunEvent {
  const { run, name, environment, status, createdMs, endedMs } = root;
  const error = root.outcome?.kind === "error" ? root.outcome.error : null;
  return {
    type: "Run Ended",
    detail: {
      stack,
      run,
      task: name,
      environment,
      status,
      startedMs: createdMs,
      endedMs,
      error: error === null ? null : `${error.name}: ${error.message}`.slice(0, errorLengthMax),
    },
  };
}

const errorLengthMax = 500;
/** Most entries of one request. */
const entriesMax = 10;

export function publishTo(eventbridge: EventBridgeClient): PublishEvents {
  return async (events) => {
    for (let from = 0; from < events.length; from += entriesMax) {
      const Entries = events.slice(from, from + entriesMax).map(({ type, detail }) => ({
        Source: EVENT_SOURCE,
        DetailType: type,
        Detail: JSON.stringify(detail),
      }));
      const { FailedEntryCount = 0 } = await eventbridge.send(new PutEventsCommand({ Entries }));
      if (FailedEntryCount > 0)
        throw new Error(`${FailedEntryCount} of ${Entries.length} events were refused.`);
    }
  };
}
