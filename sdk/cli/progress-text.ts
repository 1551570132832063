/** How runs and fleets stand, in words. */
import type { RunProgress } from "../index.ts";
import type { FleetStatus } from "../local.ts";
import { formatClock, formatCount, formatDuration, formatRate } from "./format.ts";
import { remainingMs } from "./rate-meter.ts";

/** One look at a run. */
export interface RunLook {
  readonly name: string;
  readonly progress: RunProgress;
  /** Actions that end each second, where that is known. */
  readonly perSecond: number | null;
}

/** A line of a display, and how it is to look. */
export interface ProgressLine {
  readonly text: string;
  readonly style: "title" | "plain" | "alarm" | "dim";
}

export interface ActionCounts {
  readonly total: number;
  readonly ended: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly aborted: number;
}

/** Actions of the run as far as they are known: a driver that is running may ask for more. */
export function countsOf({ actions }: Pick<RunProgress, "actions">): ActionCounts {
  const { succeeded, failed, aborted } = actions;
  const ended = succeeded + failed + aborted;
  return {
    total: ended + actions.queued + actions.running + actions.suspended,
    ended,
    succeeded,
    failed,
    aborted,
  };
}

const runsShownMax = 4;

export function liveLines(
  looks: readonly RunLook[],
  fleets: readonly FleetStatus[],
): readonly ProgressLine[] {
  const lines = looks.slice(0, runsShownMax).flatMap(runLines);
  const others = looks.length - runsShownMax;
  if (others > 0) lines.push({ text: `and ${others} more`, style: "dim" });
  return [...lines, ...fleets.map(fleetLine)];
}

function runLines({ name, progress, perSecond }: RunLook): ProgressLine[] {
  const counts = countsOf(progress);
  const { status, elapsedMs, tracesExecuted, tracesReplayed } = progress;
  const lines: ProgressLine[] = [
    { text: `${name}  ${status}  ${formatClock(elapsedMs)}`, style: "title" },
    { text: `  ${bar(counts)} ${workText(counts, perSecond)}`, style: "plain" },
    {
      text: `  ${formatCount(tracesExecuted)} traces executed, ${formatCount(tracesReplayed)} replayed`,
      style: "dim",
    },
  ];
  if (counts.failed + counts.aborted > 0) lines.push({ text: `  ${troubleText(counts)}`, style: "alarm" });
  return lines;
}

/** One line for where nothing can be drawn in place. */
export function quietLine({ name, progress, perSecond }: RunLook): string {
  const counts = countsOf(progress);
  const trouble = counts.failed + counts.aborted > 0 ? `, ${troubleText(counts)}` : "";
  return `[${formatClock(progress.elapsedMs)}] ${name} ${progress.status}: ${workText(counts, perSecond)}${trouble}`;
}

/** A time for the rest is told of what is known only, and where it is long enough to matter. */
const restMsMin = 2_000;

function workText({ ended, total }: ActionCounts, perSecond: number | null): string {
  const parts = [`${formatCount(ended)} of ${formatCount(total)} known actions done`];
  if (perSecond !== null && perSecond > 0) parts.push(formatRate(perSecond));
  const restMs = remainingMs(total - ended, perSecond);
  if (restMs !== null && restMs >= restMsMin)
    parts.push(`those known take about ${formatDuration(restMs)} more`);
  return parts.join(", ");
}

function troubleText({ failed, aborted }: ActionCounts): string {
  const parts = [];
  if (failed > 0) parts.push(`${formatCount(failed)} failed`);
  if (aborted > 0) parts.push(`${formatCount(aborted)} aborted`);
  return parts.join(", ");
}

function fleetLine({ name, ready, busy, starting, draining }: FleetStatus): ProgressLine {
  const parts = [`${ready} ready (${busy} busy)`];
  if (starting > 0) parts.push(`${starting} starting`);
  if (draining > 0) parts.push(`${draining} draining`);
  return { text: `  ${name}: ${parts.join(", ")}`, style: "dim" };
}

const barLength = 24;

function bar({ ended, total }: ActionCounts): string {
  const full = total === 0 ? 0 : Math.floor((ended / total) * barLength);
  return "█".repeat(full) + "░".repeat(barLength - full);
}
