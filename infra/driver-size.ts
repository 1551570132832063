/** Where the driver of a run is executed, and how large. */
import type { EnvironmentDefinition } from "drover/host";

/** A Lambda function of that size, or a container: null. */
export interface DriverSize {
  readonly memoryMiB: number;
  readonly diskMiB: number;
}

const memoryMiBMax = 10_240;
const diskMiBMin = 512;
const diskMiBMax = 10_240;
/** Lambda gives one core for so much memory, and parts of it in proportion. */
const memoryMiBPerCore = 1_769;

/**
 * The Lambda function that can execute root actions of the environment, or null where Lambda cannot: the environment names an
 * image, or asks for more memory, cores or disk than Lambda has. Without resources it is a function with one core.
 */
export function driverSize({ image, resources }: EnvironmentDefinition): DriverSize | null {
  if (image !== null || resources.gpu !== null || resources.shmBytes !== null) return null;
  const cores = (resources.cpuMillis ?? (resources.memoryBytes === null ? 1_000 : 0)) / 1_000;
  const asked = Math.ceil((resources.memoryBytes ?? 0) / 2 ** 20);
  const memoryMiB = Math.max(asked, Math.ceil(cores * memoryMiBPerCore), diskMiBMin);
  const diskMiB = Math.max(Math.ceil((resources.diskBytes ?? 0) / 2 ** 20), diskMiBMin);
  return memoryMiB <= memoryMiBMax && diskMiB <= diskMiBMax ? { memoryMiB, diskMiB } : null;
}
