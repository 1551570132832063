/** What the requests of this backend cost. Every one of them is counted here, by what AWS bills. */

/**
 * `wru`, `rru`: write and read request units of DynamoDB. `sqsRequests`: SQS requests, one for each 64 KB begun. `s3Puts`:
 * S3 requests that write, the parts of a multipart upload included. `s3Gets`: those that read.
 */
export type BilledUnit = "wru" | "rru" | "sqsRequests" | "s3Puts" | "s3Gets";

export interface Billed {
  /** Service and operation, as in `dynamodb.PutItem`. */
  readonly kind: string;
  readonly unit: BilledUnit;
  readonly units: number;
}

export interface Meter {
  /** Called once for each request that AWS has answered. */
  count(billed: Billed): void;
}

export interface KindTotal {
  readonly requests: number;
  readonly unit: BilledUnit;
  readonly units: number;
}

/** A meter that adds up. */
export class Tally implements Meter {
  readonly #totals = new Map<string, KindTotal>();

  count({ kind, unit, units }: Billed): void {
    const before = this.#totals.get(kind) ?? { requests: 0, unit, units: 0 };
    this.#totals.set(kind, { requests: before.requests + 1, unit, units: before.units + units });
  }

  /** Requests and units by kind, since the tally was made or last taken. */
  get byKind(): ReadonlyMap<string, KindTotal> {
    return this.#totals;
  }

  /** All units of one sort. */
  units(unit: BilledUnit): number {
    return [...this.#totals.values()]
      .filter((total) => total.unit === unit)
      .reduce((sum, total) => sum + total.units, 0);
  }

  reset(): void {
    this.#totals.clear();
  }
}
