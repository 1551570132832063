/** The one JSON document that `--json` prints of a run. */
import { DroverError, type RunProgress, type RunStatus } from "../index.ts";
import { toJsonText } from "./json-form.ts";
import { countsOf } from "./progress-text.ts";

/** An output whose JSON is larger is left out of a document: `--output FILE` has it. */
const outputBytesShownMax = 64 * 1024;

export interface ErrorDocument {
  readonly code: string;
  readonly name: string;
  readonly message: string;
  readonly stack: string | null;
}

export interface RunDocument {
  /** Null where it did not come to a run. */
  readonly run: string | null;
  readonly status: RunStatus | null;
  /** JSON form of the output (see json-form.ts); left out where there is none, or where it is over 64 KB. */
  readonly output?: unknown;
  /** Size of the output's JSON, where that was left out. */
  readonly outputBytes?: number;
  readonly error: ErrorDocument | null;
  readonly actions: {
    readonly total: number;
    readonly succeeded: number;
    readonly failed: number;
    readonly aborted: number;
  };
  readonly traces: { readonly executed: number; readonly replayed: number };
  readonly durationMs: number;
}

/** How a run ended, or how it stands when it is left. */
export interface RunOutcome {
  readonly name: string;
  readonly progress: RunProgress;
  /** Null unless the run has succeeded. */
  readonly returned: { readonly output: unknown } | null;
  /** What was thrown, where the run failed or was aborted. */
  readonly thrown: { readonly error: unknown } | null;
}

export function runDocument({ name, progress, returned, thrown }: RunOutcome): RunDocument {
  const { total, succeeded, failed, aborted } = countsOf(progress);
  return {
    run: name,
    status: progress.status,
    ...(returned === null ? {} : outputFields(returned.output)),
    error: thrown === null ? null : errorDocument(thrown.error),
    actions: { total, succeeded, failed, aborted },
    traces: { executed: progress.tracesExecuted, replayed: progress.tracesReplayed },
    durationMs: Math.round(progress.elapsedMs),
  };
}

/** The same document for what did not come to a run. */
export function refusalDocument(error: ErrorDocument): RunDocument {
  return {
    run: null,
    status: null,
    error,
    actions: { total: 0, succeeded: 0, failed: 0, aborted: 0 },
    traces: { executed: 0, replayed: 0 },
    durationMs: 0,
  };
}

function outputFields(output: unknown): Pick<RunDocument, "output" | "outputBytes"> {
  const text = toJsonText(output);
  const sizeBytes = Buffer.byteLength(text);
  return sizeBytes > outputBytesShownMax ? { outputBytes: sizeBytes } : { output: JSON.parse(text) };
}

/** @param code For an error that has none. @default "ERROR" */
export function errorDocument(error: unknown, code = "ERROR"): ErrorDocument {
  if (!Error.isError(error))
    return { code, name: "ThrownValue", message: String(toJsonText(error)), stack: null };
  const own: unknown = "code" in error ? error.code : undefined;
  return {
    code: error instanceof DroverError ? error.code : typeof own === "string" ? own : code,
    name: error.name,
    message: error.message,
    stack: error.stack ?? null,
  };
}
