/** Logs of functions and containers: one JSON document a line on stdout, which CloudWatch takes apart by its fields. */
import { format } from "node:util";
import { type LogLevel, logLine, setLogSink } from "../authoring/logger.ts";
import { localIdOf, runOf } from "../core/identity.ts";
import { currentContext } from "../engine/context.ts";

export interface LogFields {
  readonly level: LogLevel;
  readonly message: string;
  readonly [field: string]: unknown;
}

export function writeLog(fields: LogFields): void {
  process.stdout.write(`${jsonOf({ time: new Date().toISOString(), ...fields })}\n`);
}

/** What an error is, for a log line. */
export function errorFields(error: unknown): Readonly<Record<string, unknown>> {
  if (!Error.isError(error)) return { error: { name: "ThrownValue", message: String(error) } };
  const { name, message, stack, cause } = error;
  const code: unknown = "code" in error ? error.code : undefined;
  return { error: { name, message, code, stack, cause: cause === undefined ? undefined : String(cause) } };
}

/**
 * From now on what code of actions logs and prints goes to the log with its run and action, and what a replay repeats is left
 * out. What else is printed goes where it went before.
 */
export function logActions(): void {
  setLogSink(({ action, attempt, level, text, fields, timeMs }) => {
    const place = { run: runOf(action), action: localIdOf(action), attempt };
    writeLog({ level, message: text, ...place, ...(fields === null ? {} : { fields }), loggedMs: timeMs });
  });
  const levels = { debug: "debug", log: "info", info: "info", warn: "warn", error: "error" } as const;
  for (const [method, level] of Object.entries(levels) as [keyof typeof levels, LogLevel][]) {
    const printer = globalThis.console;
    const plain = printer[method].bind(printer);
    printer[method] = (...args: unknown[]) => {
      const context = currentContext();
      if (context === null) plain(...args);
      else logLine(context.execution, level, format(...args), null);
    };
  }
}

/** Users' fields may hold anything: what JSON cannot say is said as text. */
function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? String(part) : part));
  } catch {
    return JSON.stringify({ message: format("%o", value) });
  }
}
