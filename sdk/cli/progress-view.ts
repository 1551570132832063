/** What people see while runs are under way. */
import type { FleetStatus } from "../local.ts";
import { LiveDisplay } from "./live-display.ts";
import { liveLines, type ProgressLine, quietLine, type RunLook } from "./progress-text.ts";
import { printErr, type Style, styled } from "./terminal.ts";

export interface ProgressView {
  /** How often it wants to be told how things stand. */
  readonly everyMs: number;
  update(looks: readonly RunLook[], fleets: readonly FleetStatus[]): void;
  /** A line that stays: what tasks print, and notes of the program. */
  print(text: string): void;
  close(): void;
}

/** Drawn in place on a terminal, now and then a line elsewhere, nothing but notes if `isQuiet`. */
export function openProgressView(isQuiet: boolean): ProgressView {
  if (isQuiet) return notesOnly();
  return process.stderr.isTTY && process.env.TERM !== "dumb" ? liveView() : lineView();
}

const styles: Readonly<Record<ProgressLine["style"], Style>> = {
  title: "bold",
  plain: [],
  alarm: "red",
  dim: "dim",
};

function liveView(): ProgressView {
  const display = new LiveDisplay(process.stderr);
  return {
    everyMs: 200,
    update: (looks, fleets) =>
      display.show(
        liveLines(looks, fleets).map(({ text, style }) => styled(styles[style], text, process.stderr)),
      ),
    print: (text) => display.print(text),
    close: () => display.close(),
  };
}

const lineEveryMs = 10_000;

function lineView(): ProgressView {
  let saidMs = Date.now();
  let unsaid: readonly RunLook[] = [];
  const say = () => {
    for (const look of unsaid) printErr(quietLine(look));
    unsaid = [];
    saidMs = Date.now();
  };
  return {
    everyMs: 500,
    update: (looks) => {
      unsaid = looks;
      if (Date.now() - saidMs >= lineEveryMs) say();
    },
    print: printErr,
    close: say,
  };
}

function notesOnly(): ProgressView {
  return { everyMs: 1_000, update: () => {}, print: printErr, close: () => {} };
}
