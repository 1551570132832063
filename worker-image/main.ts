/**
 * The program of a container: serves a fleet, executes one action, or drives one run, as its variables say. It is also the program
 * of its own lease thread, for an image holds one file.
 */
import { isMainThread } from "node:worker_threads";
import {
  type ConnectedRuntime,
  errorFields,
  keepLeases,
  logActions,
  openReplica,
  openRuntime,
  protectByAgent,
  protectWhileBusy,
  type Replica,
  type ReplicaWork,
  readReplicaWork,
  startLeaseKeeper,
  writeLog,
} from "../sdk/aws-host.ts";

/** Looked at by the health check of the image; the folder is the only one that a container writes to. */
const healthFile = "/tmp/drover-alive";

if (isMainThread) process.exit(await serve());
else keepLeases();

/** Answers the exit code. */
async function serve(): Promise<number> {
  logActions();
  // A promise that user code has forgotten must not take down the other actions of this replica.
  process.on("unhandledRejection", (reason) => {
    writeLog({ level: "error", message: "unhandled rejection", ...errorFields(reason) });
  });
  try {
    const work = readReplicaWork(process.env);
    const runtime = await openRuntime(process.env);
    await runToEnd(work, runtime);
    return 0;
  } catch (error) {
    writeLog({ level: "error", message: "this container ends", ...errorFields(error) });
    return 1;
  }
}

async function runToEnd(work: ReplicaWork, runtime: ConnectedRuntime): Promise<void> {
  const leases = startLeaseKeeper({
    thread: new URL(import.meta.url),
    queueUrlOf: (queue) => (work.kind === "driver" ? null : runtime.queueUrlOf(queue)),
    taskToken: work.kind === "driver" ? work.taskToken : null,
    healthFile,
  });
  const replica = openReplica(work, {
    world: runtime.world,
    leases,
    resolveTask: (name, spec) => runtime.code.bundles.resolveTask(name, spec),
    concurrency: work.kind === "fleet" ? (runtime.policies.get(work.environment)?.concurrency ?? 1) : 1,
    sfn: runtime.clients.sfn,
  });
  const over = new AbortController();
  process.on("SIGTERM", () => {
    writeLog({ level: "info", message: "told to end", held: replica.held });
    replica.stop();
  });
  writeLog({ level: "info", message: "ready", work: work.kind });
  const protecting = protect(replica, runtime, over.signal);
  await Promise.race([replica.run(), leases.failed]);
  over.abort();
  await protecting;
  await leases.close();
}

/** Outside of ECS nobody takes replicas away. */
async function protect(replica: Replica, { world }: ConnectedRuntime, signal: AbortSignal): Promise<void> {
  const agentUri = process.env.ECS_AGENT_URI;
  if (agentUri === undefined) return;
  await protectWhileBusy(
    { clock: world.clock, protect: protectByAgent(agentUri), held: () => replica.held },
    signal,
  );
}
