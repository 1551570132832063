/**
 * Group commit of what an execution asks others to do: specs are written, then their messages sent. What is asked for
 * while a batch is on its way goes with the next.
 */

import { initialState } from "../core/action-state.ts";
import { SERVICE_QUEUE } from "../core/identity.ts";
import { nextLimit } from "../core/limits.ts";
import type { ActionSpec } from "../core/records.ts";
import type { Outgoing, World } from "../ports.ts";
import { persist } from "./persist.ts";

export class Outbox {
  readonly #world: World;
  readonly #onSent: () => void;
  readonly #onFailure: (error: unknown) => void;
  #waiting: { readonly spec: ActionSpec; readonly isWritten: boolean }[] = [];
  #isSending = false;

  constructor(
    world: World,
    events: { readonly sent: () => void; readonly failed: (error: unknown) => void },
  ) {
    this.#world = world;
    this.#onSent = events.sent;
    this.#onFailure = events.failed;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0 && !this.#isSending;
  }

  /** A new child or timer; or, `isWritten`, one whose message may have been lost with an earlier executor. */
  add(spec: ActionSpec, isWritten: boolean): void {
    this.#waiting.push({ spec, isWritten });
  }

  flush(): void {
    if (this.#isSending || this.#waiting.length === 0) return;
    this.#isSending = true;
    const batch = this.#waiting.splice(0, this.#world.store.limits.specsMax);
    this.#send(batch).then(
      () => {
        this.#isSending = false;
        this.#onSent();
      },
      (error: unknown) => this.#onFailure(error),
    );
  }

  async #send(batch: readonly { readonly spec: ActionSpec; readonly isWritten: boolean }[]): Promise<void> {
    const { store, queue, clock } = this.#world;
    const unwritten = batch.filter((one) => !one.isWritten).map((one) => one.spec);
    const written = unwritten.length === 0 ? null : persist(this.#world, () => store.putSpecs(unwritten));
    if (store.limits.isOrdered !== true) await written;
    const messages = batch.flatMap((one) => messagesFor(one.spec, clock.nowMs()));
    await Promise.all([written, persist(this.#world, () => queue.send(messages))]);
  }
}

/** The messages that a fresh action needs: its own, and one that looks after its limits. */
export function messagesFor(spec: ActionSpec, nowMs: number): Outgoing[] {
  if (spec.kind === "timer") {
    const delayMs = Math.max(0, (spec.fireAtMs ?? nowMs) - nowMs);
    return [{ queue: SERVICE_QUEUE, message: { kind: "timer", action: spec.id, spec }, delayMs }];
  }
  const run: Outgoing = {
    queue: spec.environment,
    message: { kind: "run", action: spec.id, spec, epoch: 0 },
    delayMs: 0,
  };
  const limit = nextLimit(initialState(spec), spec.policy);
  if (limit === null) return [run];
  const delayMs = Math.max(0, limit.atMs - nowMs);
  return [run, { queue: SERVICE_QUEUE, message: { kind: "expire", action: spec.id, spec: null }, delayMs }];
}
