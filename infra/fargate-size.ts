/** The Fargate task that is large enough for what an environment asks for. */

import { PolicyError } from "drover";
import type { EnvironmentDefinition } from "drover/host";

/** Valid amounts of one Fargate task. */
export interface FargateSize {
  /** 1,024 are one core. */
  readonly cpuUnits: number;
  readonly memoryMiB: number;
  /** Scratch disk in GiB; null for the 20 GiB that every task has. */
  readonly diskGiB: number | null;
}

type Resources = EnvironmentDefinition["resources"];

interface Row {
  readonly cpuUnits: number;
  readonly memoryMiBMin: number;
  readonly memoryMiBMax: number;
  readonly stepMiB: number;
}

const gib = 1_024;

/** What Fargate offers, on Linux: for each number of cores a range of memory, in steps. */
const offers: readonly Row[] = [
  { cpuUnits: 256, memoryMiBMin: 512, memoryMiBMax: 512, stepMiB: 512 },
  { cpuUnits: 256, memoryMiBMin: 1 * gib, memoryMiBMax: 2 * gib, stepMiB: gib },
  { cpuUnits: 512, memoryMiBMin: 1 * gib, memoryMiBMax: 4 * gib, stepMiB: gib },
  { cpuUnits: 1_024, memoryMiBMin: 2 * gib, memoryMiBMax: 8 * gib, stepMiB: gib },
  { cpuUnits: 2_048, memoryMiBMin: 4 * gib, memoryMiBMax: 16 * gib, stepMiB: gib },
  { cpuUnits: 4_096, memoryMiBMin: 8 * gib, memoryMiBMax: 30 * gib, stepMiB: gib },
  { cpuUnits: 8_192, memoryMiBMin: 16 * gib, memoryMiBMax: 60 * gib, stepMiB: 4 * gib },
  { cpuUnits: 16_384, memoryMiBMin: 32 * gib, memoryMiBMax: 120 * gib, stepMiB: 8 * gib },
];

/** One core: what the one thread of a Node process can use. Memory is then the least that comes with it, 2 GiB. */
const cpuMillisDefault = 1_000;

const diskGiBIncluded = 20;
const diskGiBMax = 200;

/**
 * The smallest Fargate task with at least the cores, memory and disk asked for. Fewer cores go before less memory: `{ cpu: 1,
 * memory: "16Gi" }` becomes 2 cores with 16 GiB. What is not asked for is one core, and the least memory that comes with the cores.
 *
 * @param what Names the owner in errors, as in `environment "scoring"`.
 * @throws PolicyError for more than Fargate has: over 16 cores, 120 GiB of memory or 200 GiB of disk, a GPU, or shared memory.
 * @example fargateSize({ cpuMillis: 500, memoryBytes: 2 ** 30, … }) // { cpuUnits: 512, memoryMiB: 1024, diskGiB: null }
 */
export function fargateSize(resources: Resources, what: string): FargateSize {
  refuseUnavailable(resources, what);
  // Memory alone chooses the cores that come with it; nothing at all is a default replica.
  const cpuMillis = resources.cpuMillis ?? (resources.memoryBytes === null ? cpuMillisDefault : 0);
  const cpuUnits = Math.ceil((cpuMillis * 1_024) / 1_000);
  const memoryMiB = Math.ceil((resources.memoryBytes ?? 0) / 2 ** 20);
  const offer = offers.find((row) => row.cpuUnits >= cpuUnits && row.memoryMiBMax >= memoryMiB);
  if (offer === undefined) throw tooLarge(resources, what);
  const over = Math.max(0, memoryMiB - offer.memoryMiBMin);
  return {
    cpuUnits: offer.cpuUnits,
    memoryMiB: offer.memoryMiBMin + Math.ceil(over / offer.stepMiB) * offer.stepMiB,
    diskGiB: diskSize(resources.diskBytes, what),
  };
}

function diskSize(bytes: number | null, what: string): number | null {
  const diskGiB = Math.ceil((bytes ?? 0) / 2 ** 30);
  if (diskGiB <= diskGiBIncluded) return null;
  if (diskGiB <= diskGiBMax) return diskGiB;
  throw new PolicyError({
    what: `disk of ${what}`,
    value: `${diskGiB}Gi`,
    allowed: `at most ${diskGiBMax}Gi, the most that a Fargate task has`,
    wayOut: "Ask for less, and keep large files in S3.",
  });
}

function refuseUnavailable(resources: Resources, what: string): void {
  if (resources.gpu !== null) {
    throw new PolicyError({
      what: `gpu of ${what}`,
      value: resources.gpu.kind ?? resources.gpu.count,
      allowed: "none, for Fargate has no GPUs",
      wayOut: "Leave it out, or call a service that has them from the task.",
    });
  }
  if (resources.shmBytes !== null) {
    throw new PolicyError({
      what: `shm of ${what}`,
      value: resources.shmBytes,
      allowed: "none, for Fargate does not let a task size its shared memory",
      wayOut: "Leave it out, and share through the scratch disk.",
    });
  }
}

function tooLarge(resources: Resources, what: string): PolicyError {
  const cores = resources.cpuMillis === null ? "any number of cores" : `${resources.cpuMillis / 1_000} cores`;
  const memory =
    resources.memoryBytes === null ? "any memory" : `${Math.ceil(resources.memoryBytes / 2 ** 20)}Mi`;
  return new PolicyError({
    what: `Resources of ${what}`,
    value: `${cores}, ${memory}`,
    allowed: "at most 16 cores and 120Gi of memory, the largest Fargate task",
    wayOut: "Ask for less and use more replicas, or smaller batches.",
  });
}
