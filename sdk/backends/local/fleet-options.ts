/** What a fleet is told, and what it tells. */
import type { DroverError } from "../../core/errors.ts";
import type { FleetPolicy } from "../../core/reuse-policy.ts";
import type { FleetCounts } from "./fleet-counts.ts";
import type { RestartLimits } from "./fleet-restarts.ts";
import type { HostPorts } from "./ipc/methods.ts";
import type { ReplicaOptions } from "./replica-process.ts";

/** What a fleet asks of the queues of its host. */
interface FleetQueue {
  /** How many messages are due and held by nobody. */
  depth(queue: string): number;
  /** How many messages the owner holds. */
  heldBy(ownerId: string): number;
  /** The owner is alive: all its leases are renewed. */
  heartbeat(ownerId: string): void;
  /** The owner is gone: what it held is delivered to others at once. */
  releaseOwner(ownerId: string): void;
}

type PassedOn = "entry" | "work" | "env" | "execArgv" | "drainMs" | "onEvent" | "onLine";

export interface FleetOptions extends Pick<ReplicaOptions, PassedOn> {
  /** Name of the environment; replicas have it in their ids. */
  readonly name: string;
  /** The queue whose backlog counts. @default name */
  readonly queueName?: string;
  readonly policy: FleetPolicy;
  /** Each replica executes one action and ends by itself. @default false */
  readonly isOneShot?: boolean;
  readonly queue: FleetQueue;
  /** The ports of the replica of this id, its queue being the one for that owner. */
  readonly portsOf: (replicaId: string) => HostPorts;
  /** Called when any of the counts has changed. */
  readonly onCounts?: (counts: FleetCounts) => void;
  /** No replica could be started several times in a row, and no more are tried until `retry`. */
  readonly onFailed?: (error: DroverError) => void;
  /** A replica killed itself because it held this delivery beyond its time. */
  readonly onHung?: (receipt: string) => void;
  /** How often it looks without being woken. @default 1_000 */
  readonly tickMs?: number;
  /** How many ticks a replica may be silent before it is killed; shorter than a lease. @default 15 */
  readonly silentTicksMax?: number;
  /** How long a replica may take until it is ready. @default 120_000 */
  readonly startMsMax?: number;
  readonly restarts?: Partial<RestartLimits>;
}
