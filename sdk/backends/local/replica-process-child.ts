/** The replica's end of everything that connects it to its host. */
import { Socket } from "node:net";
import type { Leases } from "../../ports.ts";
import { connectWorld, type WorldConnection } from "./ipc/connect-world.ts";
import { type LeaseKeeperOptions, startLeaseKeeper } from "./lease-keeper.ts";
import { type Assignment, callsFd, heartbeatFd, readAssignment } from "./replica-process-assignment.ts";
import { tieLeases } from "./replica-process-deliveries.ts";

export interface ReplicaConnection extends WorldConnection, Assignment {
  readonly leases: Leases;
  /** Rejects if the lease thread fails: end the process then. Never resolves. */
  readonly leasesFailed: Promise<never>;
}

/**
 * Connects this process to the host that started it. Call it first of all, before the user's code is loaded: heartbeats
 * begin here.
 *
 * The process must end by itself soon after `closed`; if it does not, because it computes, its lease thread kills it.
 *
 * @example
 * const host = await connectReplica();
 * void host.closed.then(() => process.exit(1));
 */
export async function connectReplica(
  leases: Omit<LeaseKeeperOptions, "fd"> = {},
): Promise<ReplicaConnection> {
  const assignment = readAssignment(process.env);
  const keeper = startLeaseKeeper({ ...leases, fd: heartbeatFd });
  const world = await connectWorld(new Socket({ fd: callsFd, readable: true, writable: true }));
  return { ...assignment, ...world, ...tieLeases(world.queue, keeper), leasesFailed: keeper.failed };
}
