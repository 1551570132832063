import type { Message } from "../../core/records.ts";
import { DueHeap } from "./due-heap.ts";

export interface KeptMessage {
  readonly messageId: string;
  readonly message: Message;
  /** Of the latest delivery; null before the first one, and once it was given back. */
  receipt: string | null;
  deliveries: number;
  /** When its lease or delay ends. */
  visibleAtMs: number;
}

/** The messages of one queue: those ready in order of their readiness, and those that a lease or a delay hides. */
export class MessageLine {
  readonly #kept = new Map<string, KeptMessage>();
  readonly #ready = new Set<KeptMessage>();
  /** Holds a message once for each time it was hidden; an entry counts only if it is about the latest. */
  readonly #hidden = new DueHeap<KeptMessage>();

  get depth(): number {
    return this.#kept.size;
  }

  add(messageId: string, message: Message, visibleAtMs: number, nowMs: number): void {
    const kept: KeptMessage = { messageId, message, receipt: null, deliveries: 0, visibleAtMs };
    this.#kept.set(messageId, kept);
    this.hide(kept, visibleAtMs, nowMs);
  }

  /** Up to `max` of the ready messages, each with a fresh receipt and hidden until `leaseEndMs`. */
  take(max: number, leaseEndMs: number, nowMs: number): readonly KeptMessage[] {
    this.#surface(nowMs);
    const taken: KeptMessage[] = [];
    for (const kept of this.#ready) {
      if (taken.length >= max) break;
      kept.deliveries += 1;
      kept.receipt = `${kept.messageId}/${kept.deliveries}`;
      this.hide(kept, leaseEndMs, nowMs);
      taken.push(kept);
    }
    return taken;
  }

  /** The message, if this is the receipt of a lease that has not ended; else null. */
  held(messageId: string, receipt: string, nowMs: number): KeptMessage | null {
    const kept = this.#kept.get(messageId);
    return kept !== undefined && kept.receipt === receipt && kept.visibleAtMs > nowMs ? kept : null;
  }

  hide(kept: KeptMessage, visibleAtMs: number, nowMs: number): void {
    kept.visibleAtMs = visibleAtMs;
    if (visibleAtMs <= nowMs) {
      this.#ready.add(kept);
      return;
    }
    this.#ready.delete(kept);
    this.#hidden.push(visibleAtMs, kept);
  }

  remove(kept: KeptMessage): void {
    this.#kept.delete(kept.messageId);
    this.#ready.delete(kept);
  }

  /** When the next hidden message becomes ready, or null when none is hidden. */
  nextVisibleMs(nowMs: number): number | null {
    this.#surface(nowMs);
    return this.#hidden.first?.atMs ?? null;
  }

  #surface(nowMs: number): void {
    for (let first = this.#hidden.first; first !== null; first = this.#hidden.first) {
      const { atMs, item } = first;
      const isLatest = item.visibleAtMs === atMs && this.#kept.has(item.messageId);
      if (isLatest && atMs > nowMs) return;
      this.#hidden.dropFirst();
      if (isLatest) this.#ready.add(item);
    }
  }
}
