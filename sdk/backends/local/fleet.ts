/**
 * The replicas of one environment on this machine: as many as its policy and its backlog ask for.
 *
 * F1. A replica's deliveries go back to the queue only when its process is gone and no call of its is under way.
 * F2. A replica that ends is replaced if the policy still asks for one; one that cannot start is retried ever more
 *     slowly, then given up with what it said.
 */
import { randomUUID } from "node:crypto";
import { decideScaling, type FleetReplica } from "../../core/scaling.ts";
import { countsOf, type FleetCounts } from "./fleet-counts.ts";
import { fleetFailure } from "./fleet-failure.ts";
import type { FleetOptions } from "./fleet-options.ts";
import { Replica, tellingOfWork } from "./fleet-replica.ts";
import { Restarts, restartDefaults } from "./fleet-restarts.ts";
import { type ReplicaExit, startReplica } from "./replica-process.ts";

const defaults = { isOneShot: false, tickMs: 1_000, silentTicksMax: 15, startMsMax: 120_000 };

/** Looks are this far apart, however often the backlog changes. */
const lookGapMs = 20;

/** @example const fleet = new Fleet({ name: "scoring", policy, entry, work, queue, portsOf }); fleet.wake(); */
export class Fleet {
  readonly #options: FleetOptions & typeof defaults;
  readonly #replicas = new Map<string, Replica>();
  readonly #exits = new Set<Promise<void>>();
  readonly #restarts: Restarts;
  readonly #ticks: NodeJS.Timeout;
  #retryTimer: NodeJS.Timeout | undefined;
  #lastActivityMs = Number.NEGATIVE_INFINITY;
  #lastCounts = "";
  #lookTimer: NodeJS.Timeout | undefined;
  #lookedMs = Number.NEGATIVE_INFINITY;
  #lookIsDue = false;
  #isClosed = false;

  constructor(options: FleetOptions) {
    this.#options = { ...defaults, ...options };
    this.#restarts = new Restarts({ ...restartDefaults, ...options.restarts });
    this.#ticks = setInterval(() => this.#tick(), this.#options.tickMs);
    this.wake();
  }

  get counts(): FleetCounts {
    return countsOf(this.#views());
  }

  /** True after `onFailed`, until `retry`. */
  get hasFailed(): boolean {
    return this.#restarts.hasGivenUp;
  }

  /** Ids of its replicas, draining ones included: the owners of what they hold. */
  get replicaIds(): readonly string[] {
    return [...this.#replicas.keys()];
  }

  /** Process id of a replica of this fleet, for those who look at it from outside. */
  pidOf(replicaId: string): number | undefined {
    return this.#replicas.get(replicaId)?.pid;
  }

  /** To be called when the backlog has changed. Any number of calls cost a look every 20 ms. */
  wake(): void {
    if (this.#lookIsDue || this.#isClosed) return;
    this.#lookIsDue = true;
    const sinceMs = performance.now() - this.#lookedMs;
    this.#lookTimer = setTimeout(() => this.#look(), Math.max(0, lookGapMs - sinceMs));
  }

  /** Work is about to come: the fleet is kept as if it had come. */
  warm(): void {
    this.#lastActivityMs = Date.now();
    this.wake();
  }

  /** Starts replicas again after the fleet has failed. */
  retry(): void {
    this.#restarts.reset();
    this.wake();
  }

  /** Drains all replicas, kills those that take longer than `drainMs`, and resolves when all are gone. */
  async close(): Promise<void> {
    this.#stop();
    for (const replica of this.#replicas.values()) replica.drain();
    await Promise.all(this.#exits);
  }

  /** Kills all replicas and resolves when all are gone. */
  async kill(): Promise<void> {
    this.#stop();
    for (const replica of this.#replicas.values()) replica.kill();
    await Promise.all(this.#exits);
  }

  #stop(): void {
    this.#isClosed = true;
    clearInterval(this.#ticks);
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#lookTimer);
  }

  #tick(): void {
    const { silentTicksMax, startMsMax } = this.#options;
    const nowMs = Date.now();
    for (const replica of this.#replicas.values()) replica.tick({ silentTicksMax, startMsMax, nowMs });
    this.wake();
  }

  #views(): readonly FleetReplica[] {
    const nowMs = Date.now();
    return [...this.#replicas.values()].map((replica) => replica.view(nowMs));
  }

  #look(): void {
    this.#lookIsDue = false;
    this.#lookedMs = performance.now();
    const { queue, name, queueName = name, policy } = this.#options;
    const nowMs = Date.now();
    const replicas = this.#views();
    const backlog = queue.depth(queueName);
    if (backlog > 0 || replicas.some(({ busy }) => busy > 0)) this.#lastActivityMs = nowMs;
    const lastActivityMs = this.#lastActivityMs;
    const decision = decideScaling({ nowMs, policy, backlog, replicas, lastActivityMs });
    for (const id of decision.drain) this.#replicas.get(id)?.drain();
    if (decision.start > 0) this.#startSome(decision.start, nowMs, replicas);
    this.#report();
  }

  #startSome(wanted: number, nowMs: number, replicas: readonly FleetReplica[]): void {
    const starting = replicas.filter(({ state }) => state === "starting").length;
    const allowed = this.#restarts.allowed(wanted, starting, nowMs);
    for (let started = 0; started < allowed; started++) this.#start(nowMs);
    const waitMs = this.#restarts.waitMs(nowMs);
    if (waitMs === 0) return;
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => this.wake(), waitMs);
  }

  #start(nowMs: number): void {
    const { name, isOneShot, queue, portsOf } = this.#options;
    const id = `${name}-${randomUUID()}`;
    const replica = new Replica({
      id,
      round: this.#restarts.round,
      nowMs,
      isOneShot,
      heldBy: (owner) => queue.heldBy(owner),
    });
    const process = startReplica({
      ...this.#options,
      id,
      ports: tellingOfWork(portsOf(id), () => this.#noteWork(replica)),
      onReady: () => this.#noteReady(replica),
      onBeat: () => {
        replica.beat();
        queue.heartbeat(id);
      },
    });
    replica.attach(process);
    this.#replicas.set(id, replica);
    const gone = process.exited.then((exit) => this.#noteExit(replica, exit));
    this.#exits.add(gone);
    void gone.then(() => this.#exits.delete(gone));
  }

  #noteReady(replica: Replica): void {
    replica.becomeReady();
    this.#restarts.ready();
    this.wake();
  }

  #noteWork(replica: Replica): void {
    replica.receiveWork();
    this.#lastActivityMs = Date.now();
    this.#restarts.worked();
    this.wake();
  }

  #noteExit(replica: Replica, exit: ReplicaExit): void {
    const { queue } = this.#options;
    queue.releaseOwner(replica.id); // F1
    this.#replicas.delete(replica.id);
    const isFailure = !replica.hadWork && !replica.isDraining && !(replica.wasReady && exit.code === 0);
    const hadGivenUp = this.#restarts.hasGivenUp;
    if (isFailure && !this.#isClosed) this.#restarts.ended(replica, Date.now());
    if (this.#restarts.hasGivenUp && !hadGivenUp)
      this.#options.onFailed?.(fleetFailure(this.#options.name, this.#restarts.failedStarts, exit));
    this.#report();
    this.wake(); // F2
  }

  #report(): void {
    const { onCounts } = this.#options;
    if (onCounts === undefined) return;
    const counts = this.counts;
    const text = JSON.stringify(counts);
    if (text === this.#lastCounts) return;
    this.#lastCounts = text;
    onCounts(counts);
  }
}
