/** Runs a program's tasks as user code would: through the engine's calls, with plain promises around them. */
import { abortOne } from "../../sdk/engine/abort.ts";
import { cancelChild } from "../../sdk/engine/cancel.ts";
import { type ChildCall, callChild, callTimer, type TaskRef } from "../../sdk/engine/children.ts";
import { type ActionContext, currentContext } from "../../sdk/engine/context.ts";
import { callTrace } from "../../sdk/engine/trace.ts";
import { callTraceStream } from "../../sdk/engine/trace-stream.ts";
import { caughtView, OrderError, thrownError } from "./errors.ts";
import { traceText } from "./expected.ts";
import type { Observer } from "./observer.ts";
import { type Program, type Statement, type Task, type TraceFunction, taskName } from "./program.ts";

export interface TaskInput {
  readonly arg: number;
  readonly pad: string;
}

interface TraceValue {
  readonly det: string;
  readonly effect: number;
  readonly pad: string;
}

type One<K extends Statement["kind"]> = Statement & { readonly kind: K };

export function refOf(task: Task): TaskRef {
  return { name: taskName(task), environment: task.environment, policy: task.policy };
}

export class Interpreter {
  readonly #program: Program;
  readonly #observer: Observer;
  readonly #arg: number;
  readonly #attempt: number;

  private constructor(program: Program, observer: Observer, arg: number, attempt: number) {
    this.#program = program;
    this.#observer = observer;
    this.#arg = arg;
    this.#attempt = attempt;
  }

  static async runTask(program: Program, observer: Observer, task: Task, input: TaskInput): Promise<unknown> {
    const { attempt } = here().execution.claimed.state;
    const interpreter = new Interpreter(program, observer, input.arg, attempt);
    const out = await interpreter.#all(task.body);
    return { task: task.index, arg: input.arg, attempt, out };
  }

  async #all(statements: readonly Statement[]): Promise<unknown[]> {
    const out: unknown[] = [];
    for (const statement of statements) out.push(await this.#one(statement));
    return out;
  }

  async #one(statement: Statement): Promise<unknown> {
    switch (statement.kind) {
      case "trace":
        return await this.#caught(statement.isCaught, () => this.#trace(statement));
      case "stream":
        return await this.#caught(statement.isCaught, () => this.#stream(statement));
      case "call":
        return await this.#caught(statement.isCaught, () => this.#call(statement.task, statement).result);
      case "sleep":
        await callTimer(here(), statement.ms);
        return "sleep";
      case "local":
        await here().execution.world.clock.wait(statement.ms);
        return "local";
      case "throw":
        if (this.#attempt <= statement.throughAttempt) throw thrownError(statement.thrown, this.#arg);
        return "throw";
      case "all":
        return await Promise.all(statement.branches.map((branch) => this.#all(branch)));
      case "race":
        return await this.#race(statement);
      case "pool":
        return await this.#pool(statement);
      case "spawn":
        this.#call(statement.task, statement).result.catch(() => undefined);
        return "spawn";
      case "abort":
        return await this.#abort(statement);
      case "cancel":
        return await this.#cancel(statement);
      case "nesting":
        return await this.#caught(true, () =>
          callTrace(here(), { name: "nesting", version: "1", args: [] }, () =>
            this.#call(statement.task, { arg: 0 }),
          ),
        );
      case "oversize":
        return await this.#caught(true, () => this.#oversize(statement));
      case "volatile":
        return await this.#volatile(statement);
    }
  }

  async #caught(isCaught: boolean, run: () => unknown): Promise<unknown> {
    if (!isCaught) return await run();
    try {
      return await run();
    } catch (error) {
      return { caught: caughtView(error) };
    }
  }

  async #trace({ fn, arg }: One<"trace">): Promise<unknown> {
    const call = { name: fn.name, version: "1", args: [arg] };
    const value = (await callTrace(here(), call, () => this.#traceBody(fn, arg))) as TraceValue | undefined;
    if (fn.mode === "void") return value === undefined ? "void" : value;
    const { det, effect, pad } = value as TraceValue;
    this.#observer.traceTold(here().execution, effect);
    return { det, effect, pad: pad.length };
  }

  #traceBody(fn: TraceFunction, arg: number): unknown {
    const { execution, within } = here();
    const effect = this.#observer.bodyStarted(execution, within, fn.name);
    const value = (inner: string): TraceValue | undefined => {
      this.#observer.bodyEnded(effect);
      if (this.#attempt <= fn.failsThrough) throw new OrderError(fn.name, arg);
      if (fn.mode === "void") return undefined;
      return { det: `${fn.name}(${arg})${inner}`, effect, pad: "x".repeat(fn.sizeBytes) };
    };
    if (fn.mode === "sync" && fn.innerCount === 0) return value("");
    return (async () => {
      const inner = await this.#innerTraces(fn);
      if (fn.ms > 0) await execution.world.clock.wait(fn.ms);
      return value(inner);
    })();
  }

  async #innerTraces(fn: TraceFunction): Promise<string> {
    let text = "";
    for (let place = 0; place < fn.innerCount; place += 1) {
      const arg = place % 2;
      const call = { name: "inner", version: "1", args: [arg] };
      text += (await callTrace(here(), call, () => this.#innerBody(arg))) as string;
    }
    return text;
  }

  async #innerBody(arg: number): Promise<string> {
    const { execution, within } = here();
    this.#observer.bodyEnded(this.#observer.bodyStarted(execution, within, "inner"));
    await execution.world.clock.wait(arg * 20);
    return ` inner(${arg})`;
  }

  async #stream(stream: One<"stream">): Promise<unknown> {
    const { fn, leaveAfter } = stream;
    const call = { name: fn.name, version: "1", args: [] };
    const make = () =>
      fn.mode === "sync" && fn.innerCount === 0 ? this.#syncItems(stream) : this.#items(stream);
    const items: string[] = [];
    for await (const item of callTraceStream(here(), call, make)) {
      const { det, effect } = item as TraceValue;
      this.#observer.traceTold(here().execution, effect);
      items.push(det);
      if (items.length === leaveAfter) return { items, end: "left" };
    }
    return { items, end: "done" };
  }

  *#syncItems({ fn, items }: One<"stream">): Generator<TraceValue> {
    const { execution, within } = here();
    const effect = this.#observer.bodyStarted(execution, within, fn.name);
    for (let place = 0; place < items; place += 1) {
      yield { det: traceText(fn.name, place, 0), effect, pad: "" };
    }
    if (this.#attempt <= fn.failsThrough) throw new OrderError(fn.name, 0);
  }

  async *#items({ fn, items }: One<"stream">): AsyncGenerator<TraceValue> {
    const { execution, within } = here();
    const effect = this.#observer.bodyStarted(execution, within, fn.name);
    for (let place = 0; place < items; place += 1) {
      if (fn.ms > 0) await execution.world.clock.wait(fn.ms);
      const inner = await this.#innerTraces(fn);
      yield { det: `${fn.name}(${place})${inner}`, effect, pad: "y".repeat(fn.sizeBytes) };
    }
    if (this.#attempt <= fn.failsThrough) throw new OrderError(fn.name, 0);
  }

  #call(index: number, call: { readonly arg: number; readonly sizeBytes?: number }): ChildCall {
    const input: TaskInput = { arg: call.arg, pad: "z".repeat(call.sizeBytes ?? 0) };
    return callChild(here(), refOf(this.#task(index)), input);
  }

  async #oversize({ task }: One<"oversize">): Promise<unknown> {
    const ref = refOf(this.#task(task));
    const narrow: TaskRef = { ...ref, policy: { ...ref.policy, maxInlineBytes: 100 } };
    return await callChild(here(), narrow, { arg: 0, pad: "z".repeat(500) }).result;
  }

  async #race({ branches }: One<"race">): Promise<unknown> {
    const running = branches.map(async (branch, winner) => ({ winner, value: await this.#all(branch) }));
    for (const one of running) one.catch(() => undefined);
    return await Promise.race(running);
  }

  /** As `p-limit` does it. */
  async #pool({ width, items }: One<"pool">): Promise<unknown[]> {
    const out: unknown[] = new Array(items.length);
    let next = 0;
    const work = async (): Promise<void> => {
      for (let place = next++; place < items.length; place = next++) {
        out[place] = await this.#one(items[place] as Statement);
      }
    };
    await Promise.all(Array.from({ length: Math.min(width, items.length) }, work));
    return out;
  }

  async #abort({ task, arg }: One<"abort">): Promise<unknown> {
    const call = this.#call(task, { arg: 1_000 + arg });
    const result = this.#caught(true, () => call.result);
    const trace = { name: "abort", version: "1", args: [call.id] };
    await callTrace(here(), trace, () => this.#abortUntilDone(call.id));
    return await result;
  }

  async #cancel({ task, arg, isPrompt }: One<"cancel">): Promise<string> {
    const call = this.#call(task, { arg: 2_000 + arg });
    call.result.catch(() => undefined);
    if (!isPrompt) await callTimer(here(), 50);
    cancelChild(here(), call.id);
    return "cancel";
  }

  async #abortUntilDone(id: string): Promise<void> {
    const { world } = here().execution;
    for (;;) {
      if (await abortOne(world, id, "by its parent").catch(() => false)) return;
      await world.clock.wait(100);
    }
  }

  /** Asks for another thing in each execution. */
  async #volatile({ task, salt }: One<"volatile">): Promise<unknown> {
    const draw = this.#observer.nextVolatile() + salt;
    if (task !== null && draw % 3 === 0) {
      return await this.#caught(true, () => this.#call(task, { arg: 50 + (draw % 5) }).result);
    }
    if (draw % 3 === 1) {
      const call = { name: "volatile", version: "1", args: [draw % 5] };
      return await callTrace(here(), call, () => draw);
    }
    if (draw % 2 === 0) await callTimer(here(), 10 * (1 + (draw % 3)));
    return draw;
  }

  #task(index: number): Task {
    const task = this.#program.tasks[index];
    if (task === undefined) throw new Error(`There is no task ${index}.`);
    return task;
  }
}

function here(): ActionContext {
  const context = currentContext();
  if (context === null) throw new Error("This code runs inside an action only.");
  return context;
}
