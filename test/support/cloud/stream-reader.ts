/**
 * What an event source mapping of Lambda does: reads the stream of the table in order, hands batches over in the shape of an
 * event, hands a batch over again until its handler takes it, and remembers where it was.
 */
import {
  DescribeStreamCommand,
  type DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
  ListStreamsCommand,
  type _Record as StreamsRecord,
} from "@aws-sdk/client-dynamodb-streams";
import type { StreamAttribute, StreamRecord } from "../../../sdk/backends/aws/ended-states.ts";
import type { ActionState } from "../../../sdk/core/records.ts";
import type { Changes } from "../../../sdk/ports.ts";
import { realClock } from "../real-clock.ts";

const lookMs = 20;
const retryMs = 50;

export interface StreamReaderOptions {
  readonly streams: DynamoDBStreamsClient;
  readonly tableName: string;
  /** Most records of one batch. @default 100 */
  readonly recordsMax?: number;
}

type EndedStates = (records: readonly StreamRecord[]) => Promise<readonly ActionState[]>;

/** A place in the stream: behind a record, or where the reader was opened. */
type Place = { readonly after: string } | { readonly iterator: string };

/** Reads from where the stream was when it was opened. DynamoDB Local has one shard for the first four hours. */
export class StreamReader {
  readonly #streams: DynamoDBStreamsClient;
  readonly #recordsMax: number;
  readonly #shard: { readonly StreamArn: string | undefined; readonly ShardId: string | undefined };
  #place: Place;

  private constructor(
    { streams, recordsMax = 100 }: StreamReaderOptions,
    shard: { readonly StreamArn: string | undefined; readonly ShardId: string | undefined },
    place: Place,
  ) {
    this.#streams = streams;
    this.#recordsMax = recordsMax;
    this.#shard = shard;
    this.#place = place;
  }

  static async open(options: StreamReaderOptions): Promise<StreamReader> {
    const { streams, tableName } = options;
    const { Streams = [] } = await streams.send(new ListStreamsCommand({ TableName: tableName }));
    const StreamArn = Streams[0]?.StreamArn;
    const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn }));
    const shard = { StreamArn, ShardId: StreamDescription?.Shards?.at(-1)?.ShardId };
    const latest = new GetShardIteratorCommand({ ...shard, ShardIteratorType: "LATEST" });
    const { ShardIterator: iterator = "" } = await streams.send(latest);
    return new StreamReader(options, shard, { iterator });
  }

  /** The Changes port over the reader. What one follower has not taken is the next one's. */
  changes(endedStates: EndedStates): Changes {
    return {
      follow: (handler, signal) => {
        void this.#follow(async (records) => {
          const ended = await endedStates(records);
          if (ended.length > 0) await handler(ended);
        }, signal);
      },
    };
  }

  async #follow(
    handle: (records: readonly StreamRecord[]) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    let iterator = await this.#iteratorAt(this.#place);
    while (!signal.aborted) {
      const command = new GetRecordsCommand({ ShardIterator: iterator, Limit: this.#recordsMax });
      const { Records = [], NextShardIterator } = await this.#streams.send(command);
      if (Records.length === 0) await realClock.wait(lookMs, signal);
      else if (!(await this.#handOver(Records, handle, signal))) return;
      iterator = NextShardIterator ?? iterator;
    }
  }

  /** False when the follower stopped before its handler took the batch. */
  async #handOver(
    records: readonly StreamsRecord[],
    handle: (records: readonly StreamRecord[]) => Promise<void>,
    signal: AbortSignal,
  ): Promise<boolean> {
    const event = records.map(asLambdaRecord);
    while (!signal.aborted) {
      const isTaken = await handle(event).then(
        () => true,
        () => false,
      );
      if (signal.aborted) return false;
      const after = records.at(-1)?.dynamodb?.SequenceNumber;
      if (isTaken && after !== undefined) {
        this.#place = { after };
        return true;
      }
      await realClock.wait(retryMs, signal);
    }
    return false;
  }

  async #iteratorAt(place: Place): Promise<string> {
    if ("iterator" in place) return place.iterator;
    const command = new GetShardIteratorCommand({
      ...this.#shard,
      ShardIteratorType: "AFTER_SEQUENCE_NUMBER",
      SequenceNumber: place.after,
    });
    return (await this.#streams.send(command)).ShardIterator ?? "";
  }
}

function asLambdaRecord({ eventName, dynamodb }: StreamsRecord): StreamRecord {
  const image = Object.entries(dynamodb?.NewImage ?? {}).map(
    ([name, { S, N, B }]): [string, StreamAttribute] => {
      if (S !== undefined) return [name, { S }];
      return [name, N === undefined ? { B: Buffer.from(B ?? []).toString("base64") } : { N }];
    },
  );
  return {
    ...(eventName === undefined ? {} : { eventName }),
    dynamodb: { NewImage: Object.fromEntries(image) },
  };
}
