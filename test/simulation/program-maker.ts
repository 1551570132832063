/** Random programs, small enough that thousands run in a minute and mixed enough that all of the engine takes part. */
import type { ActionPolicy } from "../../sdk/core/records.ts";
import { outcomeOfTask } from "./expected.ts";
import type { EnvironmentShape, Program, Statement, Task, TraceFunction } from "./program.ts";
import type { Random } from "./random.ts";

const costMax = 60;
const hourMs = 3_600_000;
/** A queue that no worker serves. */
const deserted = "deserted";

export function makeProgram(random: Random): Program {
  return random.weighted([
    [7, () => new ProgramMaker(random).make()],
    [1, () => makeNested(random)],
  ])();
}

/** Parents and children in one fleet of one replica with one slot. */
function makeNested(random: Random): Program {
  const maker = new ProgramMaker(random, [{ name: "solo", workers: 1, concurrency: 1 }]);
  return maker.makeChain(random.int(2, 5));
}

class ProgramMaker {
  readonly #random: Random;
  readonly #environments: readonly EnvironmentShape[];
  readonly #functions: readonly TraceFunction[];
  readonly #isRacy: boolean;
  readonly #isVolatile: boolean;
  #hasLocalWaits: boolean;
  readonly #tasks: (Task | undefined)[] = [];
  readonly #costs: number[] = [];
  #names = 0;
  #left = 0;

  constructor(random: Random, environments: readonly EnvironmentShape[] | null = null) {
    this.#random = random;
    this.#environments =
      environments ??
      Array.from({ length: random.int(1, 2) }, (_, place) => ({
        name: `env${place}`,
        workers: random.int(1, 2),
        concurrency: random.int(1, 3),
      }));
    this.#isRacy = random.chance(0.1);
    this.#isVolatile = random.chance(0.12);
    this.#hasLocalWaits = random.chance(0.15);
    this.#functions = Array.from({ length: 4 }, () => this.#makeFunction(0));
  }

  make(): Program {
    const count = this.#random.int(1, 5);
    this.#keepSleeper(count);
    for (let index = count - 1; index >= 0; index -= 1) this.#makeTask(index, count);
    return this.#program(count);
  }

  /** Each task calls the next one, between other things. */
  makeChain(depth: number): Program {
    this.#keepSleeper(depth);
    for (let index = depth - 1; index >= 0; index -= 1) {
      const call: Statement[] =
        index + 1 < depth
          ? [{ kind: "call", task: index + 1, arg: index, sizeBytes: 0, isCaught: true }]
          : [];
      this.#left = 6;
      const body = [...this.#sequence(index, depth, 2, 1), ...call, ...this.#sequence(index, depth, 2, 1)];
      this.#keep(index, body);
    }
    return this.#program(depth);
  }

  #program(count: number): Program {
    const random = this.#random;
    return {
      tasks: this.#tasks.slice(0, count + 1).filter((task) => task !== undefined),
      environments: this.#environments,
      arg: random.int(1, 9),
      isRacy: this.#isRacy,
      isVolatile: this.#isVolatile,
      hasLocalWaits: this.#hasLocalWaits,
      abortRootAfterMs: random.chance(0.06) ? random.logarithmic(10, 60_000) : null,
    };
  }

  #makeTask(index: number, count: number): void {
    const random = this.#random;
    const isLeaf = index === count - 1;
    if (index > 0 && random.chance(0.12)) {
      this.#keepPassing(index);
      return;
    }
    this.#left = isLeaf ? 5 : costMax / (index + 1);
    const body = this.#sequence(index, count, isLeaf ? 3 : 5, 2);
    this.#keep(index, body);
  }

  #keep(index: number, body: readonly Statement[]): void {
    const { name } = this.#random.pick(this.#environments);
    this.#tasks[index] = { index, environment: name, policy: this.#policy(), body, passes: null };
    this.#costs[index] = 1 + body.reduce((sum, statement) => sum + this.#costOf(statement), 0);
  }

  /** A task that is there to be aborted. */
  #keepSleeper(index: number): void {
    const timeouts = { maxRuntimeMs: null, maxQueuedMs: null, deadlineMs: null };
    this.#tasks[index] = {
      index,
      environment: this.#random.pick(this.#environments).name,
      policy: { ...this.#policy(), timeouts },
      body: [{ kind: "sleep", ms: hourMs }],
      passes: null,
    };
  }

  /** A task that surely goes over one of its limits. */
  #keepPassing(index: number): void {
    const random = this.#random;
    const passes = random.pick(["maxRuntime", "maxQueuedTime", "deadline"] as const);
    const limitMs = random.pick([5_000, 60_000]);
    const timeouts = {
      maxRuntimeMs: passes === "maxRuntime" ? limitMs : null,
      maxQueuedMs: passes === "maxQueuedTime" ? limitMs : null,
      deadlineMs: passes === "deadline" ? limitMs : null,
    };
    const retries = { ...this.#policy().retries, count: random.int(0, 1) };
    this.#tasks[index] = {
      index,
      environment: passes === "maxQueuedTime" ? deserted : random.pick(this.#environments).name,
      policy: { retries, timeouts, maxInlineBytes: 5_000_000 },
      body: [{ kind: "sleep", ms: 2 * hourMs }],
      passes,
    };
    this.#costs[index] = 2;
  }

  #policy(): ActionPolicy {
    const random = this.#random;
    const limit = (): number | null =>
      this.#isRacy && random.chance(0.4) ? Math.round(random.logarithmic(20, 30_000)) : null;
    return {
      retries: { count: random.int(0, 2), baseMs: random.pick([0, 20, 500]), factor: 2, capMs: 5_000 },
      timeouts: { maxRuntimeMs: limit(), maxQueuedMs: limit(), deadlineMs: limit() },
      maxInlineBytes: 5_000_000,
    };
  }

  #sequence(index: number, count: number, lengthMax: number, depth: number, mayThrow = true): Statement[] {
    const statements: Statement[] = [];
    for (let length = this.#random.int(1, lengthMax); length > 0; length -= 1) {
      const statement = this.#statement(index, count, depth, mayThrow);
      const cost = this.#costOf(statement);
      if (cost > this.#left) continue;
      this.#left -= cost;
      statements.push(statement);
    }
    return statements;
  }

  #statement(index: number, count: number, depth: number, mayThrow: boolean): Statement {
    const random = this.#random;
    const hasChildren = index + 1 < count;
    const block = depth > 0 ? 1 : 0;
    return random.weighted<() => Statement>([
      [6, () => this.#trace(mayThrow)],
      [2, () => this.#stream(mayThrow)],
      [hasChildren ? 6 : 0, () => this.#call(index, count, mayThrow)],
      [1.5, () => ({ kind: "sleep", ms: this.#sleepMs() })],
      [this.#hasLocalWaits ? 1.5 : 0, () => ({ kind: "local", ms: random.int(1, 150) })],
      [mayThrow ? 0.7 : 0, () => this.#throw()],
      [2 * block, () => this.#all(index, count, depth, mayThrow)],
      [2 * block, () => this.#race(index, count, depth)],
      [hasChildren ? 1.5 * block : 0, () => this.#pool(index, count)],
      [
        hasChildren ? 0.7 : 0,
        () => ({ kind: "spawn", task: this.#laterTask(index, count), arg: random.int(1, 3) }),
      ],
      [hasChildren ? 0.3 : 0, () => ({ kind: "nesting", task: index + 1 })],
      [hasChildren ? 0.2 : 0, () => ({ kind: "oversize", task: index + 1 })],
      [0.4, () => ({ kind: "abort", task: count, arg: random.int(1, 3) })],
      [0.3, () => ({ kind: "cancel", task: count, arg: random.int(1, 3), isPrompt: random.chance(0.5) })],
      [
        this.#isVolatile ? 2 : 0,
        () => ({ kind: "volatile", task: hasChildren ? index + 1 : null, salt: random.int(0, 5) }),
      ],
    ])();
  }

  #trace(mayThrow: boolean): Statement {
    const random = this.#random;
    const arg = random.int(1, 2);
    if (!random.chance(0.2)) return { kind: "trace", fn: random.pick(this.#functions), arg, isCaught: false };
    const isCaught = !mayThrow || random.chance(0.5);
    return { kind: "trace", fn: this.#makeFunction(random.pick([1, 2, 9])), arg, isCaught };
  }

  #stream(mayThrow: boolean): Statement {
    const random = this.#random;
    const failsThrough = random.chance(0.2) ? random.pick([1, 9]) : 0;
    const items = random.int(0, 4);
    return {
      kind: "stream",
      fn: this.#makeFunction(failsThrough),
      items,
      leaveAfter: random.chance(0.4) && items > 0 ? random.int(1, items) : null,
      isCaught: !mayThrow || random.chance(0.5),
    };
  }

  #call(index: number, count: number, mayThrow: boolean): Statement {
    const random = this.#random;
    const task = this.#laterTask(index, count);
    const arg = random.int(1, 3);
    const fails = this.#fails(task, arg);
    const sizeBytes = random.chance(0.15) ? random.int(300, 2_000) : 0;
    return { kind: "call", task, arg, sizeBytes, isCaught: fails && (!mayThrow || random.chance(0.8)) };
  }

  #fails(task: number, arg: number): boolean {
    if (this.#isRacy || this.#isVolatile) return true;
    return outcomeOfTask(this.#tasks as readonly Task[], task, arg).kind === "error";
  }

  #all(index: number, count: number, depth: number, mayThrow: boolean): Statement {
    const branches = this.#branches(index, count, depth);
    if (mayThrow && this.#random.chance(0.3)) branches.push(this.#sequence(index, count, 2, depth - 1));
    return { kind: "all", branches };
  }

  /** Without local waits: what still runs when the race is over must not depend on time outside Drover. */
  #race(index: number, count: number, depth: number): Statement {
    const hasLocalWaits = this.#hasLocalWaits;
    this.#hasLocalWaits = false;
    const branches = this.#branches(index, count, depth);
    this.#hasLocalWaits = hasLocalWaits;
    return { kind: "race", branches };
  }

  #branches(index: number, count: number, depth: number): Statement[][] {
    return Array.from({ length: this.#random.int(2, 4) }, () => {
      const branch = this.#sequence(index, count, 2, depth - 1, false);
      return branch.length > 0 ? branch : [this.#trace(false)];
    });
  }

  #pool(index: number, count: number): Statement {
    const random = this.#random;
    const items = Array.from({ length: random.int(2, 8) }, () =>
      random.chance(0.6) ? this.#call(index, count, false) : this.#trace(false),
    );
    return { kind: "pool", width: random.int(1, 4), items };
  }

  #throw(): Statement {
    const random = this.#random;
    const thrown = random.weighted([
      [5, "order"],
      [1, "final"],
      [1, "text"],
    ] as const);
    return { kind: "throw", throughAttempt: random.pick([1, 1, 2, 9]), thrown };
  }

  #laterTask(index: number, count: number): number {
    return this.#random.int(index + 1, count - 1);
  }

  #sleepMs(): number {
    return Math.round(
      this.#random.weighted([
        [5, this.#random.logarithmic(1, 1_000)],
        [3, this.#random.logarithmic(1_000, 60_000)],
        [0.4, this.#random.logarithmic(60_000, hourMs)],
      ]),
    );
  }

  #makeFunction(failsThrough: number): TraceFunction {
    const random = this.#random;
    this.#names += 1;
    return {
      name: `f${this.#names}`,
      mode: random.pick(["sync", "async", "async", "void"]),
      ms: random.pick([0, random.logarithmic(1, 100), random.logarithmic(100, 20_000)]),
      sizeBytes: random.chance(0.2) ? random.int(200, 2_000) : 0,
      failsThrough,
      innerCount: random.chance(0.25) ? random.int(1, 2) : 0,
    };
  }

  #costOf(statement: Statement): number {
    if (statement.kind === "call" || statement.kind === "spawn") return this.#costs[statement.task] ?? 1;
    if (statement.kind === "abort" || statement.kind === "cancel") return 2;
    if (statement.kind === "pool") return statement.items.reduce((sum, one) => sum + this.#costOf(one), 1);
    if (statement.kind === "all" || statement.kind === "race") {
      return statement.branches.flat().reduce((sum, one) => sum + this.#costOf(one), 1);
    }
    return 1;
  }
}
