/** The figures as a table for people. */
import type { Figure } from "./figure.ts";
import { verdictsOn } from "./targets.ts";

const headings = [
  "",
  "raw s",
  "sqlite s",
  "drover s",
  "× raw",
  "per second",
  "CPU s",
  "memory MB",
  "cold s",
  "targets",
];

/** Lines of text: a table for each durability, in the order of the figures. */
export function tableOf(figures: readonly Figure[]): readonly string[] {
  const lines: string[] = [];
  for (const durability of new Set(figures.map((figure) => figure.durability))) {
    const some = figures.filter((figure) => figure.durability === durability);
    lines.push("", `Finished work survives ${survives[durability]}.`, "");
    lines.push(...aligned([headings, ...some.map(rowOf)]), "");
    for (const { workload, title } of some) lines.push(`(${workload}) ${title}`);
  }
  return [...lines, "", ...legend, ...notesOn(figures)];
}

const survives = {
  process: "the death of any process (synchronous = NORMAL)",
  power: "the loss of power (synchronous = FULL)",
} as const;

const legend = [
  "raw: plain Node, nothing stored. sqlite: the same with one SQLite commit for each trace, and three for each action.",
  "CPU and memory are Drover's, of all its processes; memory is the peak, pages that processes share counted once.",
  "cold: a tiny run from nothing, with the start of all processes. The rest is measured after a run of a tenth of the size.",
];

function rowOf(figure: Figure): readonly string[] {
  const { wallSeconds, peakProportionalBytes, peakResidentBytes, delaySeconds } = figure;
  const verdicts = verdictsOn(figure).map(({ target, isMet }) => `${isMet ? "✓" : "✗"} ${target}`);
  const delay =
    delaySeconds === null ? [] : [`(${delaySeconds >= 0 ? "+" : ""}${delaySeconds.toFixed(2)} s)`];
  return [
    `(${figure.workload})`,
    wallSeconds.raw.toFixed(3),
    wallSeconds.sqlite.toFixed(3),
    wallSeconds.drover.toFixed(3),
    figure.timesRaw.toFixed(2),
    figure.timesSqlite.toFixed(2),
    figure.perSecond.toLocaleString("en-US"),
    figure.cpuSeconds.drover.toFixed(2),
    ((peakProportionalBytes ?? peakResidentBytes) / 1e6).toFixed(0),
    figure.coldStartSeconds.toFixed(2),
    [...verdicts, ...delay].join("  "),
  ];
}

function notesOn(figures: readonly Figure[]): readonly string[] {
  const isPartial = figures.some(({ scope }) => scope === "the host only");
  const notes = isPartial
    ? ["This platform has no /proc: CPU and memory are those of the host process only."]
    : [];
  const faults = figures.flatMap(({ workload, faults }) =>
    faults.map((fault) => `WRONG (${workload}): ${fault}`),
  );
  return [...notes, ...faults];
}

/** Columns of numbers to the right, the first and the last to the left. */
function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = headings.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        const isLeft = column === 0 || column === headings.length - 1;
        return isLeft ? cell.padEnd(width) : cell.padStart(width);
      })
      .join("  ")
      .trimEnd(),
  );
}
