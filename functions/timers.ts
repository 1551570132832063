/** Fires timers and enforces limits: what the service queue brings. */
import { type BatchAnswer, type SqsEvent, serveMessage } from "../sdk/aws-host.ts";
import { eachMessage } from "./batches.ts";
import { handlerOf, type Work } from "./middleware.ts";

export const timers: Work<SqsEvent, BatchAnswer> = async (runtime, event) =>
  await eachMessage(runtime, event, async ({ message }) => {
    await serveMessage(runtime.world, message);
    return "over";
  });

export const handler = handlerOf(timers);
