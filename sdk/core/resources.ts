/** What one replica gets of its machine: what users write, and what backends read. */
import { PolicyError } from "./errors.ts";
import { checkFields, wholeNumber } from "./policy-fields.ts";
import { sizeBytes } from "./size.ts";

/**
 * Resources of one replica. What is left out is up to the backend.
 *
 * @example { cpu: 1, memory: "2Gi" }
 * @example { cpu: "500m", memory: "512Mi", gpu: "T4:1" }
 */
export interface Resources {
  /** Processor cores: a number such as `0.5`, or thousandths such as `"500m"`. From 0.001 to 1,024. */
  readonly cpu?: number | string;
  /** Memory, such as `"512Mi"`. At least `"1Mi"`. */
  readonly memory?: string;
  /** Accelerators: how many (from 0 to 64), or their kind and how many, such as `"T4:1"`. A kind alone means one. */
  readonly gpu?: number | string;
  /** Scratch disk, such as `"20Gi"`. At least `"1Mi"`. */
  readonly disk?: string;
  /** Shared memory (`/dev/shm`), such as `"64Mi"`; it is taken from `memory`, so it is no larger. At least `"1Mi"`. */
  readonly shm?: string;
}

/** Valid Resources in numbers. Null: not asked for, so the backend's own default holds. */
export interface ResourceAmounts {
  /** Thousandths of a core. */
  readonly cpuMillis: number | null;
  /** Memory of one replica. */
  readonly memoryBytes: number | null;
  /** `kind` is null where any will do. */
  readonly gpu: { readonly kind: string | null; readonly count: number } | null;
  /** Scratch disk. */
  readonly diskBytes: number | null;
  /** Shared memory, part of the memory. */
  readonly shmBytes: number | null;
}

const cpuMillisMax = 1_024_000;
const gpuCountMax = 64;
const amountBytesMin = 2 ** 20;

const fields: readonly (keyof Resources)[] = ["cpu", "memory", "gpu", "disk", "shm"];

/**
 * The resources in numbers.
 *
 * @param what Names the owner in errors, as in `environment "scoring"`.
 * @throws PolicyError for an unknown field, a malformed or out-of-range amount, or more `shm` than `memory`.
 */
export function normaliseResources(resources: Resources | undefined, what: string): ResourceAmounts {
  const given = resources === undefined ? {} : resources;
  checkFields(given, fields, `resources of ${what}`);
  const amounts = {
    cpuMillis: given.cpu === undefined ? null : cpuMillis(given.cpu, `cpu of ${what}`),
    memoryBytes: amountBytes(given.memory, `memory of ${what}`),
    gpu: given.gpu === undefined ? null : gpuRequest(given.gpu, `gpu of ${what}`),
    diskBytes: amountBytes(given.disk, `disk of ${what}`),
    shmBytes: amountBytes(given.shm, `shm of ${what}`),
  };
  if (amounts.memoryBytes !== null && amounts.shmBytes !== null && amounts.shmBytes > amounts.memoryBytes) {
    throw new PolicyError({
      what: `shm of ${what}`,
      value: given.shm,
      allowed: `at most its memory, ${given.memory}`,
      wayOut: "Ask for more memory, or for less shm.",
    });
  }
  return amounts;
}

function amountBytes(size: string | undefined, what: string): number | null {
  return size === undefined ? null : sizeBytes(size, what, { minBytes: amountBytesMin });
}

function cpuMillis(cpu: unknown, what: string): number {
  const millis = parseCpu(cpu);
  // A fraction of a thousandth is noise of the multiplication (0.29 × 1000) when it is tiny, and refused when it is not.
  const whole = Math.round(millis);
  if (Math.abs(millis - whole) < 1e-6 && whole >= 1 && whole <= cpuMillisMax) return whole;
  throw new PolicyError({
    what,
    value: cpu,
    allowed: `cores from 0.001 to ${cpuMillisMax / 1_000}, in steps of 0.001`,
    wayOut: 'Write cores as in 0.5 or 2, or thousandths of one as in "500m".',
  });
}

function parseCpu(cpu: unknown): number {
  if (typeof cpu === "number") return cpu * 1_000;
  if (typeof cpu !== "string") return Number.NaN;
  const [, digits, unit] = /^(\d+(?:\.\d+)?)(m?)$/.exec(cpu) ?? [];
  return Number(digits) * (unit === "m" ? 1 : 1_000);
}

function gpuRequest(gpu: unknown, what: string): ResourceAmounts["gpu"] {
  const bounds = {
    min: 0,
    max: gpuCountMax,
    wayOut: 'Write a number, or a kind and a number such as "T4:1".',
  };
  if (typeof gpu !== "string") {
    const count = wholeNumber(gpu, what, bounds);
    return count === 0 ? null : { kind: null, count };
  }
  const [, kind, digits = "1"] = /^([A-Za-z][A-Za-z0-9 ._-]{0,62})(?::(\d{1,3}))?$/.exec(gpu) ?? [];
  const count = Number(digits);
  if (kind !== undefined && count >= 1 && count <= gpuCountMax) return { kind, count };
  throw new PolicyError({
    what,
    value: gpu,
    allowed: `a kind and a number from 1 to ${gpuCountMax}, such as "T4:1" or "A100:8"`,
    wayOut: /^\d+$/.test(gpu)
      ? `Write ${Number(gpu)} without quotes where any kind will do.`
      : "Correct it, or leave it out.",
  });
}
