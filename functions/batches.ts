/** Batches of records, each of which may fail by itself. */
import {
  type BatchAnswer,
  type Delivery,
  errorFields,
  type SqsEvent,
  type StackRuntime,
  writeLog,
} from "../sdk/aws-host.ts";

/**
 * Handles the messages of an SQS event side by side, and tells Lambda which to bring again: those that failed, and those for which
 * the handler answers `"keep"`. A message that is not due yet is sent on.
 */
export async function eachMessage(
  runtime: StackRuntime,
  { Records }: SqsEvent,
  handle: (delivery: Delivery) => Promise<"keep" | "over">,
): Promise<BatchAnswer> {
  const answers = await Promise.all(
    Records.map(async (record) => {
      try {
        const delivery = await runtime.received(record);
        return delivery === null ? "over" : await handle(delivery);
      } catch (error) {
        writeLog({
          level: "error",
          message: "a message failed",
          messageId: record.messageId,
          ...errorFields(error),
        });
        return "keep";
      }
    }),
  );
  const kept = Records.filter((_, index) => answers[index] === "keep");
  return { batchItemFailures: kept.map(({ messageId }) => ({ itemIdentifier: messageId })) };
}
