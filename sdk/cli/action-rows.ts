/** Actions as tables and documents show them. */
import type { LocalView } from "../local.ts";
import { formatDuration, formatTable } from "./format.ts";
import { shortTask } from "./log-line.ts";

export type ActionRow = Awaited<ReturnType<LocalView["catalog"]["listActions"]>>[number];

const errorLengthMax = 120;

export function actionTable(rows: readonly ActionRow[]): string {
  return formatTable([["ACTION", "TASK", "STATUS", "ATTEMPT", "DURATION", "ERROR"], ...rows.map(tableRow)]);
}

function tableRow(row: ActionRow): string[] {
  const { id, name, status, attempt, error } = row;
  const durationMs = durationOf(row);
  return [
    localId(id),
    shortTask(name),
    status,
    String(attempt),
    durationMs === null ? "-" : formatDuration(durationMs),
    oneLine(error ?? ""),
  ];
}

export function actionDocument(row: ActionRow) {
  return {
    action: localId(row.id),
    parent: row.parent === null ? null : localId(row.parent),
    task: row.name,
    group: row.group,
    status: row.status,
    attempt: row.attempt,
    createdAt: new Date(row.createdMs).toISOString(),
    durationMs: durationOf(row),
    error: row.error,
  };
}

/** From its first claim on; null while nobody has claimed it. */
function durationOf({ startedMs, endedMs }: ActionRow): number | null {
  return startedMs === null ? null : (endedMs ?? Date.now()) - startedMs;
}

function localId(id: string): string {
  return id.slice(id.indexOf("/") + 1);
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, " ");
  return line.length <= errorLengthMax ? line : `${line.slice(0, errorLengthMax - 1)}…`;
}
