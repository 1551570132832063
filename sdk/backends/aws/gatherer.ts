/**
 * What is asked for in one turn of the event loop travels together: a request of the AWS clients takes some 0.4 ms of the
 * processor, whatever it asks for.
 */
import type { Clock } from "../../ports.ts";

/** One question, and those who wait for its answer. */
export interface Asked<Question, Answer> {
  readonly question: Question;
  answer(answer: Answer): void;
  fail(error: unknown): void;
}

export class Gatherer<Question, Answer> {
  readonly #clock: Clock;
  readonly #carryOut: (asked: readonly Asked<Question, Answer>[]) => Promise<void>;
  #waiting: Asked<Question, Answer>[] = [];

  /** @param carryOut Answers or fails each of the questions; if it rejects, those without an answer fail with its error. */
  constructor(clock: Clock, carryOut: (asked: readonly Asked<Question, Answer>[]) => Promise<void>) {
    this.#clock = clock;
    this.#carryOut = carryOut;
  }

  ask(question: Question): Promise<Answer> {
    return new Promise((answer, fail) => {
      if (this.#waiting.length === 0) this.#clock.afterTurn(() => void this.#flush());
      this.#waiting.push({ question, answer, fail });
    });
  }

  async #flush(): Promise<void> {
    const asked = this.#waiting;
    this.#waiting = [];
    try {
      await this.#carryOut(asked);
    } catch (error) {
      for (const { fail } of asked) fail(error);
    }
  }
}

/** Parts of at most `countMax`, in order. */
export function chunksOf<T>(all: readonly T[], countMax: number): readonly (readonly T[])[] {
  const chunks: (readonly T[])[] = [];
  for (let from = 0; from < all.length; from += countMax) chunks.push(all.slice(from, from + countMax));
  return chunks;
}
