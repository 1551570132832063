/** Log lines of actions, and where they go. */
import type { Execution } from "../engine/execution.ts";

/** How much a line matters, from least to most. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** One method per level; `fields` must be plain data. */
export interface Logger {
  /** For whoever looks for a fault. */
  debug(text: string, fields?: Readonly<Record<string, unknown>>): void;
  /** What happens in the ordinary course. */
  info(text: string, fields?: Readonly<Record<string, unknown>>): void;
  /** What is odd, though the work goes on. */
  warn(text: string, fields?: Readonly<Record<string, unknown>>): void;
  /** What went wrong. */
  error(text: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** A line that an action has logged, as hosts are told of it. */
export interface LogLine {
  /** Full id of the action, `<run>/<id>`. */
  readonly action: string;
  readonly attempt: number;
  readonly level: LogLevel;
  readonly text: string;
  readonly fields: Readonly<Record<string, unknown>> | null;
  readonly timeMs: number;
}

export type LogSink = (line: LogLine) => void;

let sink: LogSink | null = null;

/** Where the lines of this process's actions go. For hosts; without it they go to the console. */
export function setLogSink(next: LogSink | null): void {
  sink = next;
}

/** A line of code that runs in an action; left out while the code is replayed. */
export function logLine(
  execution: Execution,
  level: LogLevel,
  text: string,
  fields: Readonly<Record<string, unknown>> | null,
): void {
  if (execution.isReplaying) return;
  const { spec, state } = execution.claimed;
  const line: LogLine = {
    action: spec.id,
    attempt: state.attempt,
    level,
    text,
    fields,
    timeMs: execution.world.clock.nowMs(),
  };
  if (sink === null) plainLogger[level](text, fields ?? undefined);
  else sink(line);
}

export function loggerFor(execution: Execution): Logger {
  return loggerOf((level, text, fields) => logLine(execution, level, text, fields ?? null));
}

/** Writes to the console, for code outside of a run. */
export const plainLogger: Logger = loggerOf((level, text, fields) => {
  const args = fields === undefined ? [text] : [text, fields];
  globalThis.console[level](...args);
});

function loggerOf(
  write: (level: LogLevel, text: string, fields?: Readonly<Record<string, unknown>>) => void,
): Logger {
  return {
    debug: (text, fields) => write("debug", text, fields),
    info: (text, fields) => write("info", text, fields),
    warn: (text, fields) => write("warn", text, fields),
    error: (text, fields) => write("error", text, fields),
  };
}
