/** Ends actions whose messages no worker survived, so that no caller waits for ever. */
import { type BatchAnswer, buryMessage, type SqsEvent, writeLog } from "../sdk/aws-host.ts";
import { eachMessage } from "./batches.ts";
import { handlerOf, type Work } from "./middleware.ts";

export const deadLetter: Work<SqsEvent, BatchAnswer> = async (runtime, event) =>
  await eachMessage(runtime, event, async (delivery) => {
    const result = await buryMessage(runtime.world, delivery);
    const { kind, action } = delivery.message;
    writeLog({ level: "warn", message: "a dead letter", kind, action, result });
    return "over";
  });

export const handler = handlerOf(deadLetter);
