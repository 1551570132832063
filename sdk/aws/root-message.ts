/**
 * What stands for the message of a root action. Root actions are on no queue: the execution of their run executes them, and
 * the constant id lets a driver take over from one that was cut off (action-state.ts, A3).
 */
import { rootActionId, runOf } from "../core/identity.ts";
import type { Message } from "../core/records.ts";
import type { Delivery, Queue } from "../ports.ts";

/** Id of the message under which the root action of a run is executed, whoever executes it. */
function driverMessageId(run: string): string {
  return `driver:${run}`;
}

/** True for a message that asks for the execution of a root action. */
export function isForDriver(message: Message): boolean {
  return message.kind === "run" && message.action === rootActionId(runOf(message.action));
}

export function driverDelivery(run: string, environment: string): Delivery {
  const id = driverMessageId(run);
  const message: Message = { kind: "run", action: rootActionId(run), spec: null };
  return { queue: environment, messageId: id, receipt: id, message };
}

/** The queue as the executor of one delivery sees it that came to it in another way. It is the executor's to settle. */
export function queueWith(delivery: Delivery, queue: Queue): Queue {
  let isTaken = false;
  return {
    send: (messages) => queue.send(messages),
    receive: async () => {
      if (isTaken) return [];
      isTaken = true;
      return [delivery];
    },
    remove: (deliveries) => queue.remove(deliveries),
    release: (given, delayMs) => queue.release(given, delayMs),
  };
}

/** The same for a delivery that is on no queue, so that there is nothing to settle. */
export function queueWithout(delivery: Delivery, queue: Queue): Queue {
  return { ...queueWith(delivery, queue), remove: async () => undefined, release: async () => undefined };
}
