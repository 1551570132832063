/** What a person is told of a run that has ended. */
import { inspect } from "node:util";
import type { RunOutcome } from "./document.ts";
import { errorText } from "./error-text.ts";
import { formatBytes, formatCount, formatDuration, plural } from "./format.ts";
import { toJsonText } from "./json-form.ts";
import { shortId, shortTask } from "./log-line.ts";
import { countsOf } from "./progress-text.ts";
import { styled } from "./terminal.ts";

/** A failed action other than the root, as far as it is needed to point to it. */
export interface FailedAction {
  readonly id: string;
  readonly name: string;
  readonly attempt: number;
  /** `<name>: <message>` */
  readonly error: string | null;
}

/** The end of a run in a few lines, for stdout. */
export function summaryText({ name, progress, returned }: RunOutcome, outputFile: string | null): string {
  const { total, succeeded, failed, aborted } = countsOf(progress);
  const { status, elapsedMs, tracesExecuted, tracesReplayed } = progress;
  const style = status === "succeeded" ? "green" : "red";
  const lines = [
    `Run ${styled("bold", name, process.stdout)} ${styled(style, status, process.stdout)} after ${formatDuration(elapsedMs)}.`,
    `  ${plural(total, "action")}: ${formatCount(succeeded)} succeeded, ${formatCount(failed)} failed, ${formatCount(aborted)} aborted`,
    `  ${plural(tracesExecuted, "trace")} executed, ${formatCount(tracesReplayed)} replayed`,
  ];
  if (returned === null) return lines.join("\n");
  if (outputFile !== null) {
    const size = formatBytes(Buffer.byteLength(toJsonText(returned.output)));
    return [...lines, `  output: ${size} of JSON in ${outputFile}`].join("\n");
  }
  return [...lines, ...outputLines(returned.output)].join("\n");
}

const rowsDefault = 40;
const rowsKept = 8;
const rowsMin = 10;

/** The output as a program's author reads it, cut to a screen. */
function outputLines(output: unknown): readonly string[] {
  if (output === undefined) return [];
  const rowsMax = Math.max(rowsMin, (process.stdout.rows ?? rowsDefault) - rowsKept);
  const text = inspect(output, {
    depth: 6,
    colors: process.stdout.isTTY === true && process.stdout.hasColors(),
    breakLength: 100,
    maxArrayLength: 100,
    maxStringLength: 2_000,
  });
  const lines = text.split("\n");
  if (lines.length <= rowsMax) return lines;
  const left = lines.length - rowsMax;
  return [
    ...lines.slice(0, rowsMax),
    `… and ${plural(left, "line")} more. All of it goes to a file with --output FILE.`,
  ];
}

/**
 * Why the run did not succeed, for stderr.
 *
 * @param failed Failed actions other than the root, as many as are at hand.
 */
export function failureText({ name, progress, thrown }: RunOutcome, failed: readonly FailedAction[]): string {
  const lines = thrown === null ? [] : [errorText(thrown.error, process.stderr)];
  const source = failed.find(({ error }) => error !== null && error === titleOf(thrown?.error)) ?? failed[0];
  if (source !== undefined) {
    const below = countsOf(progress).failed - (progress.status === "failed" ? 1 : 0);
    const tries = source.attempt === 1 ? "" : ` in attempt ${source.attempt}`;
    const which = `${shortTask(source.name)} ${shortId(localPart(source.id))}${tries}`;
    lines.push(
      below === 1
        ? `1 action of run "${name}" failed: ${which}.`
        : `${plural(below, "action")} of run "${name}" failed, among them ${which}.`,
    );
  }
  return lines.join("\n");
}

const titleLengthMax = 500;

/** As tables show an error. */
function titleOf(error: unknown): string | null {
  return Error.isError(error) ? `${error.name}: ${error.message}`.slice(0, titleLengthMax) : null;
}

function localPart(id: string): string {
  return id.slice(id.indexOf("/") + 1);
}
