/** What all parts of one stack share. */

import type { CpuArchitecture, ICluster } from "aws-cdk-lib/aws-ecs";
import type { RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Network } from "./network.ts";
import type { WorkQueue } from "./queues.ts";
import type { State } from "./state.ts";
import type { WorkerImages } from "./worker-image.ts";

export interface StackContext {
  /** Name of the stack, from which other names follow. */
  readonly name: string;
  readonly state: State;
  readonly network: Network;
  readonly cluster: ICluster;
  readonly images: WorkerImages;
  /** Timers and limits. */
  readonly service: WorkQueue;
  readonly functionsPath: string;
  readonly logRetention: RetentionDays;
  readonly architecture: CpuArchitecture;
  readonly isSpot: boolean;
  readonly receiveCountMax: number;
}
