/** Numbers for people: lengths of time, rates, sizes, counts. */

/**
 * A length of time in its two largest units.
 *
 * @example formatDuration(90_500) // "1m 30s"
 */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 9_950) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}m ${seconds % 60}s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)}h ${minutes % 60}m`;
  const hours = Math.round(minutes / 60);
  return `${Math.floor(hours / 24)}d ${hours % 24}h`;
}

/**
 * A length of time as a clock shows it, for a display that counts.
 *
 * @example formatClock(90_500) // "1:30"
 */
export function formatClock(ms: number): string {
  const seconds = Math.floor(Math.max(0, ms) / 1_000);
  const two = (number: number) => String(number).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${two(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}

/** @example formatCount(1_000_000) // "1,000,000" */
export function formatCount(count: number): string {
  return count.toLocaleString("en-US");
}

/** @example plural(2, "action") // "2 actions" */
export function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/**
 * A rate with two or three digits that count, by the minute where less than one a second happens.
 *
 * @example formatRate(0.25) // "15/min"
 */
export function formatRate(perSecond: number): string {
  if (perSecond >= 100) return `${formatCount(Math.round(perSecond))}/s`;
  if (perSecond >= 1) return `${perSecond.toFixed(1)}/s`;
  const perMinute = perSecond * 60;
  return `${perMinute >= 10 ? Math.round(perMinute) : Number(perMinute.toFixed(1))}/min`;
}

const sizeUnits = ["B", "KB", "MB", "GB"] as const;

/**
 * A size in units of a thousand with at most one decimal.
 *
 * @example formatBytes(12_400_000) // "12.4 MB"
 */
export function formatBytes(bytes: number): string {
  let amount = bytes;
  for (const unit of sizeUnits) {
    const rounded = Math.round(amount * 10) / 10;
    if (rounded < 1_000) return `${rounded} ${unit}`;
    amount /= 1_000;
  }
  return `${Math.round(amount * 10) / 10} TB`;
}

/** Columns of equal width, two spaces apart; the last one is left as it is. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  }
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
      .join("  ");
  return rows.map((row) => line(row).trimEnd()).join("\n");
}
