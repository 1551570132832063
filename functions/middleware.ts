/** The one chain that every function runs in: a log line for each invocation, and one way to fail. */
import middy from "@middy/core";
import type { BatchAnswer } from "../sdk/aws-host.ts";
import {
  errorFields,
  type LogFields,
  logActions,
  openRuntime,
  type StackRuntime,
  writeLog,
} from "../sdk/aws-host.ts";

/** What Lambda tells of an invocation, as far as it is read here. */
export interface InvocationContext {
  readonly functionName: string;
  readonly awsRequestId: string;
  getRemainingTimeInMillis(): number;
}

/** A function's work, with what it works with. */
export type Work<In, Out> = (runtime: StackRuntime, event: In, context: InvocationContext) => Promise<Out>;

export type Handler<In, Out> = (event: In, context: InvocationContext) => Promise<Out>;

let opened: Promise<StackRuntime> | null = null;

/** The stack's clients are made once in a process. One that could not be opened is opened again by the next invocation. */
function openOnce(): Promise<StackRuntime> {
  if (opened !== null) return opened;
  logActions();
  opened = openRuntime(process.env);
  opened.catch(() => {
    opened = null;
  });
  return opened;
}

/**
 * The handler of a function: its work in the chain. Errors go on as they are, so that the caller sees their names; they are
 * logged with the run and the action that the event names.
 */
export function handlerOf<In, Out>(
  work: Work<In, Out>,
  open: () => Promise<StackRuntime> = openOnce,
): Handler<In, Out> {
  const chain = middy<In, Out, Error, never>(async (event: In, context: unknown) => {
    return await work(await open(), event, context as InvocationContext);
  }).use(logged());
  return (event, context) => chain(event, context as never, {} as never) as Promise<Out>;
}

interface Request {
  readonly event: unknown;
  readonly context: unknown;
  readonly response?: unknown;
  readonly error: Error | null;
  readonly internal: Record<string, unknown>;
}

function logged() {
  const line = (request: Request, more: Pick<LogFields, "level" | "message">) => {
    const { functionName, awsRequestId } = request.context as InvocationContext;
    const durationMs = Date.now() - Number(request.internal.startedMs);
    writeLog({
      ...more,
      function: functionName,
      request: awsRequestId,
      durationMs,
      ...subjectOf(request.event),
    });
  };
  return {
    before: (request: Request) => {
      request.internal.startedMs = Date.now();
    },
    after: (request: Request) => {
      const failures = failuresIn(request.response);
      line(request, {
        level: failures > 0 ? "warn" : "info",
        message: "done",
        ...counted(request, failures),
      });
    },
    onError: (request: Request) => {
      line(request, { level: "error", message: "failed", ...errorFields(request.error) });
    },
  };
}

/** Ids that a person looks for: of the run and the action that an invocation is about, where it is about one. */
function subjectOf(event: unknown): Readonly<Record<string, unknown>> {
  const { run, root } = (event ?? {}) as { readonly run?: unknown; readonly root?: unknown };
  return { run, ...(root === undefined ? {} : { action: root }) };
}

function counted({ event, response }: Request, failures: number): Readonly<Record<string, unknown>> {
  const { Records } = (event ?? {}) as { readonly Records?: readonly unknown[] };
  if (Records !== undefined) return { records: Records.length, failures };
  return { answer: response };
}

function failuresIn(response: unknown): number {
  return (response as Partial<BatchAnswer> | undefined)?.batchItemFailures?.length ?? 0;
}
