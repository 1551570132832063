/** Starts one container for one action, of an environment whose replicas are not reused. */
import { createHash } from "node:crypto";
import { type ECSClient, RunTaskCommand } from "@aws-sdk/client-ecs";
import { CONTAINER, fleetName, type StackConfig, variables } from "../backends/aws/names.ts";
import { StorageError } from "../core/errors.ts";
import type { Message } from "../core/records.ts";
import { persist } from "../engine/persist.ts";
import type { Delivery, World } from "../ports.ts";

/** Starts a container that executes the delivery. Called again with the same delivery, it starts no second one. */
export type LaunchTask = (delivery: Delivery) => Promise<void>;

/** How long a container may take until it holds its delivery itself. */
const startMs = 600_000;
/** After this time a delivery comes again for which no container could be started. */
const againMs = 30_000;

/**
 * Has a container started for the delivery. Whatever the answer, the delivery stays on its queue: its container keeps it hidden
 * and removes it when its action is over, and without one it comes again.
 */
export async function launchFor(world: World, launch: LaunchTask, delivery: Delivery): Promise<void> {
  try {
    await persist(world, () => launch(delivery));
  } catch (error) {
    await persist(world, () => world.queue.release(delivery, againMs));
    throw error;
  }
  await persist(world, () => world.queue.release(delivery, startMs));
}

/** The delivery as text for a container's variable, which has room for a few thousand characters: without the spec. */
function deliveryText({ queue, messageId, receipt, message }: Delivery): string {
  const { kind, action, epoch } = message;
  return JSON.stringify({ queue, messageId, receipt, message: { kind, action, epoch } });
}

export function readDelivery(text: string): Delivery {
  const { message, ...rest } = JSON.parse(text) as Omit<Delivery, "message"> & {
    message: Omit<Message, "spec">;
  };
  return { ...rest, message: { ...message, spec: null } };
}

export interface EcsTasks {
  readonly ecs: ECSClient;
  readonly stack: string;
  readonly config: Pick<StackConfig, "cluster" | "network">;
}

export function launchOnFargate({ ecs, stack, config }: EcsTasks): LaunchTask {
  const { subnets, securityGroups, assignPublicIp } = config.network;
  return async (delivery) => {
    const environment = [{ name: variables.delivery, value: deliveryText(delivery) }];
    const { failures = [] } = await ecs.send(
      new RunTaskCommand({
        cluster: config.cluster,
        taskDefinition: fleetName(stack, delivery.queue),
        launchType: "FARGATE",
        count: 1,
        clientToken: createHash("sha256").update(`${delivery.messageId} ${delivery.receipt}`).digest("hex"),
        networkConfiguration: {
          awsvpcConfiguration: {
            subnets: [...subnets],
            securityGroups: [...securityGroups],
            assignPublicIp: assignPublicIp ? "ENABLED" : "DISABLED",
          },
        },
        overrides: { containerOverrides: [{ name: CONTAINER, environment }] },
        propagateTags: "TASK_DEFINITION",
      }),
    );
    const [failure] = failures;
    if (failure === undefined) return;
    const operation = `start a container for action ${delivery.message.action}`;
    throw new StorageError({ operation, cause: failure.reason ?? "ECS gave no reason" });
  };
}
