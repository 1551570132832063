/** One seed: builds a program and its faults, runs them to the end of the run, lets everything settle, and checks. */
import { isEnded } from "../../sdk/core/records.ts";
import { ChangeFeed } from "./change-feed.ts";
import { Cluster, RUN_NAME } from "./cluster.ts";
import { EventLog } from "./event-log.ts";
import { Faults, planFaults } from "./faults.ts";
import { allSlotsAreFree, checkAtRest, describeWorld, isAtRest } from "./final-checks.ts";
import { Observer } from "./observer.ts";
import { makeProgram } from "./program-maker.ts";
import { Random } from "./random.ts";
import { Scheduler } from "./scheduler.ts";
import { createStorage } from "./storage.ts";

export interface SimulationOptions {
  readonly isVerbose?: boolean;
}

export interface SimulationReport {
  readonly seed: number;
  readonly violations: readonly string[];
  /** The same for two runs only if they were the same. */
  readonly eventHash: string;
  readonly events: number;
  readonly virtualMs: number;
  /** What there is to see when something went wrong. */
  readonly tail: readonly string[];
}

const eventsMax = 400_000;
const virtualMsMax = 72 * 3_600_000;

const settleMsMax = 2 * 3_600_000;

export async function simulate(seed: number, options: SimulationOptions = {}): Promise<SimulationReport> {
  const log = new EventLog({ isVerbose: options.isVerbose ?? false, keptMax: 60 });
  const scheduler = new Scheduler(log);
  const program = makeProgram(new Random(seed, 1));
  const random = new Random(seed, 2);
  const faults = new Faults(planFaults(random), random);
  const feed = new ChangeFeed(scheduler, random, faults);
  const storage = createStorage(scheduler, random, (state) => feed.ended(state));
  const observer: Observer = new Observer({
    scheduler,
    isOrderKept: !program.isVolatile && !program.hasLocalWaits,
    slotsOf: program.hasLocalWaits ? null : (process) => cluster.slotsOf(process),
  });
  observer.watchStorage(storage);
  const cluster: Cluster = new Cluster({ scheduler, faults, random, storage, observer, program, feed });
  if (options.isVerbose)
    process.stdout.write(`${JSON.stringify({ program, faults: faults.plan }, null, 2)}\n`);

  cluster.start();
  const hasRootEnded = (): boolean => {
    const root = storage.tables.states.get(`${RUN_NAME}/a0`);
    return root !== undefined && isEnded(root.status);
  };
  await runUntil(scheduler, observer, virtualMsMax, hasRootEnded);
  if (observer.violations.length === 0) {
    if (!hasRootEnded()) {
      observer.fail(4, `the run has not ended after ${scheduler.count} events, ${scheduler.elapsedMs} ms`);
    } else {
      faults.stop();
      cluster.stopClients();
      const isSettled = (): boolean =>
        allSlotsAreFree(cluster, observer) && isAtRest(storage, cluster, program);
      await runUntil(scheduler, observer, scheduler.elapsedMs + settleMsMax, isSettled);
      checkAtRest(storage, cluster, program, observer);
    }
  }
  // Rejections that nobody handles are told of by now.
  await new Promise((resolve) => setImmediate(resolve));
  const isGood = observer.violations.length === 0;
  return {
    seed,
    violations: observer.violations,
    eventHash: log.hash,
    events: scheduler.count,
    virtualMs: Math.round(scheduler.elapsedMs),
    tail: isGood ? [] : [...log.tail, ...describeWorld(storage, program)],
  };
}

async function runUntil(
  scheduler: Scheduler,
  observer: Observer,
  untilMs: number,
  isOver: () => boolean,
): Promise<void> {
  const eventsEnd = scheduler.count + eventsMax;
  await scheduler.run(
    () =>
      isOver() ||
      observer.violations.length > 0 ||
      scheduler.elapsedMs > untilMs ||
      scheduler.count > eventsEnd,
  );
}
