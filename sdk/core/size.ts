/**
 * Sizes as users write them and as messages show them. The units are exact: `MB` is a million bytes, `Mi` (or `MiB`) is
 * 1,048,576. The bare letters `M` and `G` are refused, because tools disagree on which of the two they mean.
 */
import { PolicyError } from "./errors.ts";

const unitBytes = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
} as const;

type SizeUnit = keyof typeof unitBytes;

/**
 * A size: a number and a unit, without a space. Decimals are allowed; the result is rounded to a whole byte. The
 * largest is `"1024Ti"`.
 *
 * @example "512Mi", "2Gi", "10MB", "64KB"
 */
export type Size = `${number}${SizeUnit}`;

/** A size is never larger than this (1024 Ti). */
export const sizeBytesMax = 2 ** 50;

interface SizeBounds {
  /** Smallest that is accepted. @default 0 */
  readonly minBytes?: number;
  /** Largest that is accepted. @default sizeBytesMax */
  readonly maxBytes?: number;
}

/**
 * The bytes of a size such as `"512Mi"` or `"10MB"`; a number is taken as bytes.
 *
 * @param what Names the value in the error, as in `memory of environment "scoring"`.
 * @throws PolicyError for an unknown form, a fraction of a byte given as number, or one outside the bounds.
 * @example sizeBytes("2Gi", "memory") // 2_147_483_648
 */
export function sizeBytes(value: Size | string | number, what: string, bounds: SizeBounds = {}): number {
  const { minBytes = 0, maxBytes = sizeBytesMax } = bounds;
  const bytes = parseSize(value);
  if (bytes !== null && bytes >= minBytes && bytes <= maxBytes) return bytes;
  const range = `from ${inLargestUnit(minBytes)} to ${inLargestUnit(maxBytes)}`;
  throw new PolicyError({
    what,
    value,
    allowed: `a size ${range}, such as "512Mi", "2Gi" or "10MB"`,
    wayOut:
      bytes === null ? adviceFor(value) : bytes < minBytes ? "Write a larger one." : "Write a smaller one.",
  });
}

/**
 * A size for people: at most one decimal, in units of a thousand.
 *
 * @example formatSize(12_400_000) // "12.4 MB"
 */
export function formatSize(bytes: number): string {
  for (const unit of ["B", "KB", "MB", "GB"] as const) {
    const amount = inUnit(bytes, unit);
    // The rounded amount decides, so that 999,999 bytes are "1 MB" and not "1000 KB".
    if (amount < 1_000) return `${amount} ${unit}`;
  }
  return `${inUnit(bytes, "TB")} TB`;
}

function inUnit(bytes: number, unit: SizeUnit): number {
  return Math.round((bytes / unitBytes[unit]) * 10) / 10;
}

function parseSize(value: unknown): number | null {
  if (typeof value === "number") return Number.isInteger(value) && value >= 0 ? value : null;
  if (typeof value !== "string") return null;
  const [, digits, unit] = /^(\d+(?:\.\d+)?)([A-Za-z]+)$/.exec(value) ?? [];
  if (digits === undefined || unit === undefined || !Object.hasOwn(unitBytes, unit)) return null;
  return Math.round(Number(digits) * unitBytes[unit as SizeUnit]);
}

function adviceFor(value: unknown): string {
  const general =
    'Write a number and a unit (B, KB, MB, GB, TB, Ki, Mi, Gi, Ti) without a space, such as "512Mi".';
  if (typeof value !== "string") return general;
  const [, digits, unit] = /^(\d+(?:\.\d+)?)\s*([A-Za-z]*)$/.exec(value.trim()) ?? [];
  if (digits === undefined || unit === undefined) return general;
  const prefix = unit.charAt(0).toUpperCase();
  if (unit === "") return `Add the unit, as in "${digits}Mi", or pass a number of bytes.`;
  if (!"KMGT".includes(prefix)) return general;
  return `Write "${digits}${prefix}i" (units of 1024) or "${digits}${prefix}B" (units of 1000).`;
}

function inLargestUnit(bytes: number): string {
  for (const unit of ["Ti", "Gi", "Mi", "Ki"] as const) {
    if (bytes > 0 && bytes % unitBytes[unit] === 0) return `"${bytes / unitBytes[unit]}${unit}"`;
  }
  return `"${bytes}B"`;
}
