/** What a container of a stack does: serves a fleet, executes one action, or drives one run. */
import { SendTaskFailureCommand, SendTaskSuccessCommand, type SFNClient } from "@aws-sdk/client-sfn";
import { variables } from "../backends/aws/names.ts";
import { InputError } from "../core/errors.ts";
import type { ResolveTask } from "../engine/execute.ts";
import { persist } from "../engine/persist.ts";
import { Worker } from "../engine/worker.ts";
import type { Delivery, Leases, Queue, World } from "../ports.ts";
import { driveRun } from "./drive.ts";
import { readDelivery } from "./launch-task.ts";
import { queueWith } from "./root-message.ts";

export type ReplicaWork =
  | { readonly kind: "fleet"; readonly environment: string }
  | { readonly kind: "action"; readonly delivery: Delivery }
  | { readonly kind: "driver"; readonly run: string; readonly taskToken: string };

/** What this container was started for. @throws InputError if its variables do not say. */
export function readReplicaWork(env: Readonly<Record<string, string | undefined>>): ReplicaWork {
  const [run, taskToken] = [env[variables.run], env[variables.taskToken]];
  if (run !== undefined && taskToken !== undefined) return { kind: "driver", run, taskToken };
  const delivery = env[variables.delivery];
  if (delivery !== undefined) return { kind: "action", delivery: readDelivery(delivery) };
  const environment = env[variables.environment];
  if (environment !== undefined) return { kind: "fleet", environment };
  throw new InputError("NO_WORK", {
    what: "The work of this container",
    value: undefined,
    allowed: `${variables.environment}, ${variables.delivery}, or ${variables.run} and ${variables.taskToken}`,
    wayOut: "Start it by the stack, or set one of these variables.",
  });
}

export interface ReplicaParts {
  readonly world: World;
  readonly resolveTask: ResolveTask;
  readonly leases: Leases;
  /** Actions at once, for a fleet. */
  readonly concurrency: number;
  /** Answers the execution of a run that is driven here. */
  readonly sfn: SFNClient;
}

export interface Replica {
  /** Actions that it holds. */
  readonly held: number;
  /** Resolves when nothing is held any more: after `stop`, or when its one action is over. */
  run(): Promise<void>;
  /** Takes nothing new, and gives what it holds some time to end; the rest is handed back. */
  stop(): void;
}

/** ECS gives 120 s from SIGTERM to SIGKILL, and Spot takes the machine then; the rest is for handing back. */
const drainMs = 90_000;

export function openReplica(work: ReplicaWork, parts: ReplicaParts): Replica {
  if (work.kind === "driver") return openDriver(work, parts);
  const { world, resolveTask, leases } = parts;
  const isOneShot = work.kind === "action";
  const worker = isOneShot
    ? new Worker(
        { ...world, queue: queueWith(work.delivery, world.queue) },
        { environment: work.delivery.queue, concurrency: 1, isOneShot, leases, resolveTask },
      )
    : new Worker(
        { ...world, queue: pollingToItsEnd(world.queue) },
        {
          environment: work.environment,
          concurrency: parts.concurrency,
          leases,
          resolveTask,
        },
      );
  return {
    get held() {
      return worker.held;
    },
    run: () => worker.run(),
    stop: () => void worker.drain(drainMs),
  };
}

/**
 * SQS may have handed messages to a poll that is given up, which hides them from everybody for a whole lease. So a replica that goes
 * away lets its last poll end, in 20 s at most, and gives back what it brings.
 */
function pollingToItsEnd(queue: Queue): Queue {
  return {
    send: (messages) => queue.send(messages),
    receive: (name, max, waitMs) => queue.receive(name, max, waitMs),
    remove: (deliveries) => queue.remove(deliveries),
    release: (delivery, delayMs) => queue.release(delivery, delayMs),
  };
}

/** A driver that is told to stop hands its run back at once: its finished traces are kept, and another one goes on. */
function openDriver(work: Extract<ReplicaWork, { kind: "driver" }>, parts: ReplicaParts): Replica {
  const stop = new AbortController();
  let held = 0;
  return {
    get held() {
      return held;
    },
    run: async () => {
      held = 1;
      await answerWith(parts, work.taskToken, async () => {
        const { world, resolveTask, leases } = parts;
        const run = await persist(world, () => world.store.readRun(work.run));
        if (run === null) throw new Error(`Run "${work.run}" is not recorded.`);
        return await driveRun(world, run, { resolveTask, leases, timeUp: stop.signal });
      });
      held = 0;
    },
    stop: () => stop.abort(),
  };
}

const causeLengthMax = 30_000;

async function answerWith(
  { world, sfn }: ReplicaParts,
  taskToken: string,
  drive: () => Promise<string>,
): Promise<void> {
  let answer: SendTaskSuccessCommand | SendTaskFailureCommand;
  try {
    answer = new SendTaskSuccessCommand({ taskToken, output: JSON.stringify({ status: await drive() }) });
  } catch (error) {
    const cause = (Error.isError(error) ? (error.stack ?? error.message) : String(error)).slice(
      0,
      causeLengthMax,
    );
    answer = new SendTaskFailureCommand({
      taskToken,
      error: Error.isError(error) ? error.name : "Error",
      cause,
    });
  }
  const command = answer;
  await persist(world, async () => {
    if (command instanceof SendTaskSuccessCommand) await sfn.send(command);
    else await sfn.send(command);
  });
}
