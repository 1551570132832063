/**
 * A checkpointed generator. Every step is recorded before its item reaches the consumer, so a replay sees the same items at
 * the same points; when the record ends in the middle, the body starts anew and the items that are recorded already are
 * skipped. Leaving early is recorded too: the body does not run again.
 */
import { Ordinals, stepId } from "../core/identity.ts";
import type { ActionContext } from "./context.ts";
import { askStep, identifyTrace, type TraceCall, type TraceIdentity } from "./trace.ts";

type AnyIterator = Iterator<unknown, unknown, unknown> | AsyncIterator<unknown, unknown, unknown>;
type Step = IteratorResult<unknown, unknown>;

export function callTraceStream(
  context: ActionContext,
  call: TraceCall,
  makeIterator: () => AnyIterator,
): AsyncGenerator<unknown, unknown, unknown> {
  return new TraceStream(context, call, makeIterator);
}

class TraceStream implements AsyncGenerator<unknown, unknown, unknown> {
  readonly #context: ActionContext;
  readonly #call: TraceCall;
  readonly #makeIterator: () => AnyIterator;
  readonly #identity: TraceIdentity;
  readonly #ordinals = new Ordinals();
  #iterator: AnyIterator | null = null;
  #step = 0;
  #isOver = false;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(context: ActionContext, call: TraceCall, makeIterator: () => AnyIterator) {
    this.#context = context;
    this.#call = call;
    this.#makeIterator = makeIterator;
    this.#identity = identifyTrace(context, call);
  }

  next(): Promise<Step> {
    return this.#inTurn(async () => {
      if (this.#isOver) return { done: true, value: undefined };
      const step = this.#step;
      this.#step += 1;
      const result = await this.#ask(step, async () => plainStep(await this.#advance(step)));
      this.#isOver = result.done === true;
      return result;
    });
  }

  return(value: unknown): Promise<Step> {
    return this.#inTurn(async () => {
      if (this.#isOver) return { done: true, value: await value };
      const step = this.#step;
      this.#isOver = true;
      return await this.#ask(step, async () => {
        const returned = await this.#iterator?.return?.(value);
        return { done: true, value: returned === undefined ? value : returned.value };
      });
    });
  }

  async throw(error: unknown): Promise<Step> {
    await this.return(undefined);
    throw error;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return(undefined);
  }

  /** One call at a time, as in a native generator; a call that fails ends the stream. */
  #inTurn(work: () => Promise<Step>): Promise<Step> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => {
      this.#isOver = true;
    });
    return result;
  }

  async #ask(step: number, body: () => Promise<Step>): Promise<Step> {
    const { id: traceId, ordinal } = this.#identity;
    const identity = { id: stepId(traceId, step), traceId, ordinal, step };
    return (await askStep(this.#context, this.#call, identity, body, this.#ordinals)) as Step;
  }

  /** The body's step number `step`: a fresh body is first brought to where the record ends. */
  async #advance(step: number): Promise<Step> {
    if (this.#iterator === null) {
      this.#iterator = this.#makeIterator();
      for (let skipped = 0; skipped < step; skipped += 1) {
        const item = await this.#iterator.next();
        if (item.done === true) return item;
      }
    }
    return await this.#iterator.next();
  }
}

/** Only the two fields that are recorded; generators of users may return more. */
function plainStep(step: Step): Step {
  return { done: step.done === true, value: step.value };
}
