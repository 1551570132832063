/**
 * A replica's leases and its queue, tied together: its host keeps all that the replica holds hidden from others while
 * its heart beats. So a delivery that is dropped, yet neither removed nor given back, is given back here; nobody would
 * ever see it again otherwise.
 */
import type { Delivery, Leases, Queue } from "../../ports.ts";

/** How long such a delivery stays hidden, as if its lease ran out. */
const abandonedMs = 30_000;

export function tieLeases(queue: Queue, leases: Leases): { readonly queue: Queue; readonly leases: Leases } {
  /** Receipts of what was received and is not known to be off our hands. */
  const ours = new Set<string>();
  const receive: Queue["receive"] = async (...request) => {
    const deliveries = await queue.receive(...request);
    for (const { receipt } of deliveries) ours.add(receipt);
    return deliveries;
  };
  const remove = async (deliveries: readonly Delivery[]) => {
    await queue.remove(deliveries);
    for (const { receipt } of deliveries) ours.delete(receipt);
  };
  const release = async (delivery: Delivery, delayMs: number) => {
    await queue.release(delivery, delayMs);
    ours.delete(delivery.receipt);
  };
  const drop = (delivery: Delivery) => {
    leases.drop(delivery);
    if (!ours.delete(delivery.receipt)) return;
    // If this fails the host is gone, and with it the replica.
    queue.release(delivery, abandonedMs).catch(() => undefined);
  };
  return {
    queue: { send: (messages) => queue.send(messages), receive, remove, release },
    leases: { hold: (delivery, killAtMs) => leases.hold(delivery, killAtMs), drop },
  };
}
