/**
 * Requests to SQS about many messages. What is asked for in one turn travels ten to a request, by queue; what SQS refuses of
 * a batch is tried again by itself.
 */
import type { BatchResultErrorEntry } from "@aws-sdk/client-sqs";
import { StorageError } from "../../core/errors.ts";
import { carriedOut, storageFailure } from "./failures.ts";
import { type Asked, chunksOf, Gatherer } from "./gatherer.ts";
import { type Pauses, pause, triesMax } from "./pauses.ts";
import type { BatchAnswer } from "./queue-requests.ts";

/** SQS takes no more. */
export const messagesPerRequestMax = 10;

export interface SqsBatchesOptions<Question> {
  readonly pauses: Pauses;
  /** What is tried, as in `remove messages`. */
  readonly operation: string;
  readonly queueOf: (question: Question) => string;
  readonly request: (queue: string, questions: readonly Question[]) => Promise<BatchAnswer>;
}

/** What SQS says of a receipt that does not count any more. */
const lapsedCodes: ReadonlySet<string> = new Set([
  "ReceiptHandleIsInvalid",
  "MessageNotInflight",
  "AWS.SimpleQueueService.MessageNotInflight",
  "InvalidParameterValue",
]);

type AskedDone<Question> = Asked<Question, boolean>;

export class SqsBatches<Question> {
  readonly #options: SqsBatchesOptions<Question>;
  readonly #gatherer: Gatherer<Question, boolean>;

  constructor(options: SqsBatchesOptions<Question>) {
    this.#options = options;
    this.#gatherer = new Gatherer(options.pauses.clock, (asked) => this.#carryOutAll(asked));
  }

  /** True when it is done, false when it is about a receipt that has lapsed. */
  ask(question: Question): Promise<boolean> {
    return this.#gatherer.ask(question);
  }

  async #carryOutAll(asked: readonly AskedDone<Question>[]): Promise<void> {
    const byQueue = Map.groupBy(asked, ({ question }) => this.#options.queueOf(question));
    const batches = [...byQueue].flatMap(([queue, ofQueue]) =>
      chunksOf(ofQueue, messagesPerRequestMax).map((batch) => this.#carryOut(queue, batch)),
    );
    await Promise.all(batches);
  }

  async #carryOut(queue: string, batch: readonly AskedDone<Question>[]): Promise<void> {
    const operation = `${this.#options.operation} (queue ${queue})`;
    let left = batch;
    try {
      for (let tries = 1; left.length > 0; tries += 1) {
        if (tries > 1) await pause(this.#options.pauses, tries - 1);
        const questions = left.map(({ question }) => question);
        const { Failed = [] } = await carriedOut(operation, this.#options.request(queue, questions));
        left = this.#settle(operation, left, Failed, tries);
      }
    } catch (error) {
      for (const { fail } of left) fail(storageFailure(operation, error));
    }
  }

  /** Answers whatever is decided; what is not is to be tried again. */
  #settle(
    operation: string,
    asked: readonly AskedDone<Question>[],
    failed: readonly BatchResultErrorEntry[],
    tries: number,
  ): readonly AskedDone<Question>[] {
    const failures = new Map(failed.map((failure) => [Number(failure.Id), failure]));
    return asked.filter(({ answer, fail }, place) => {
      const failure = failures.get(place);
      if (failure === undefined) answer(true);
      else if (failure.SenderFault && lapsedCodes.has(failure.Code ?? "")) answer(false);
      else if (failure.SenderFault || tries >= triesMax) fail(failureOf(operation, failure));
      else return true;
      return false;
    });
  }
}

function failureOf(operation: string, { Code, Message, SenderFault }: BatchResultErrorEntry): StorageError {
  const cause = new Error(`${Code}: ${Message ?? "SQS gave no reason"}`);
  return new StorageError({ operation, retryable: SenderFault !== true, cause });
}
