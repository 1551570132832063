/** What a fleet knows about one of its replicas. */
import type { FleetReplica } from "../../core/scaling.ts";
import type { HostPorts } from "./ipc/methods.ts";
import type { ReplicaProcess } from "./replica-process.ts";

export class Replica {
  readonly id: string;
  /** The round of restarts in which it was started. */
  readonly round: number;
  readonly #startedMs: number;
  readonly #heldBy: (owner: string) => number;
  /** Ends for good after its first work. */
  readonly #isOneShot: boolean;
  #process: ReplicaProcess | null = null;
  #wasReady = false;
  #hadWork = false;
  #isDraining = false;
  #idleSinceMs: number | null = null;
  /** Since its last heartbeat, or since it was ready; null before either. */
  #silentTicks: number | null = null;

  constructor(options: {
    readonly id: string;
    readonly round: number;
    readonly nowMs: number;
    readonly isOneShot: boolean;
    readonly heldBy: (owner: string) => number;
  }) {
    this.id = options.id;
    this.round = options.round;
    this.#startedMs = options.nowMs;
    this.#isOneShot = options.isOneShot;
    this.#heldBy = options.heldBy;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  get wasReady(): boolean {
    return this.#wasReady;
  }

  get hadWork(): boolean {
    return this.#hadWork;
  }

  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** As scaling sees it. */
  view(nowMs: number): FleetReplica {
    const busy = this.#heldBy(this.id);
    if (busy > 0) this.#idleSinceMs = null;
    else if (this.#wasReady) this.#idleSinceMs ??= nowMs;
    const leaves = this.#isDraining || (this.#isOneShot && this.#hadWork && busy === 0);
    const state = leaves ? "draining" : this.#wasReady ? "ready" : "starting";
    return { id: this.id, state, busy, idleSinceMs: this.#idleSinceMs };
  }

  attach(process: ReplicaProcess): void {
    this.#process = process;
  }

  becomeReady(): void {
    this.#wasReady = true;
    this.#silentTicks ??= 0;
  }

  beat(): void {
    this.#silentTicks = 0;
  }

  /** It got messages; however short it holds them, it was not idle. */
  receiveWork(): void {
    this.#hadWork = true;
    this.#idleSinceMs = null;
  }

  drain(): void {
    this.#isDraining = true;
    this.#process?.drain();
  }

  kill(): void {
    this.#process?.kill();
  }

  /**
   * Kills it when it was silent for too many ticks, or has not become ready in time. Ticks are counted, and not time: a
   * host that was held up itself has heard nobody.
   */
  tick(limits: {
    readonly silentTicksMax: number;
    readonly startMsMax: number;
    readonly nowMs: number;
  }): void {
    if (this.#silentTicks !== null) this.#silentTicks++;
    const isSilent = this.#silentTicks !== null && this.#silentTicks > limits.silentTicksMax;
    const isLate = !this.#wasReady && limits.nowMs - this.#startedMs > limits.startMsMax;
    if (isLate || isSilent) this.kill();
  }
}

/** The ports as they are, but for telling of each receive that brought messages. */
export function tellingOfWork(ports: HostPorts, onWork: () => void): HostPorts {
  const { store, blobs, queue } = ports;
  return {
    store,
    blobs,
    queue: {
      send: (messages) => queue.send(messages),
      remove: (deliveries) => queue.remove(deliveries),
      release: (delivery, delayMs) => queue.release(delivery, delayMs),
      receive: async (name, max, waitMs, signal) => {
        const deliveries = await queue.receive(name, max, waitMs, signal);
        if (deliveries.length > 0) onWork();
        return deliveries;
      },
    },
  };
}
