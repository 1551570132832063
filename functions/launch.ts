/**
 * Starts a container for each action of environments without a fleet. The messages stay on their queue, which is why all of
 * them are answered as not done: the container that executes one keeps it hidden and removes it.
 */
import { type BatchAnswer, launchFor, type SqsEvent } from "../sdk/aws-host.ts";
import { eachMessage } from "./batches.ts";
import { handlerOf, type Work } from "./middleware.ts";

export const launch: Work<SqsEvent, BatchAnswer> = async (runtime, event) =>
  await eachMessage(runtime, event, async (delivery) => {
    await launchFor(runtime.world, runtime.launch, delivery);
    return "keep";
  });

export const handler = handlerOf(launch);
