/** What the driver prints. A driver that is replayed does not print again what it has printed. */

interface Plan {
  readonly items: number;
  readonly batchSize: number;
  readonly batches: number;
  readonly maxBatches: number;
}

const rule = "=".repeat(60);

export function printPlan({ items, batchSize, batches, maxBatches }: Plan): void {
  const [all, count, size, atOnce] = [items, batches, batchSize, maxBatches].map(grouped);
  console.log(`Processing ${all} items in ${count} batches of ${size}, at most ${atOnce} at once`);
}

/** Counts items that are -1, and batches that failed with all their items. */
export function printSummary(plan: Plan, outcomes: readonly PromiseSettledResult<readonly number[]>[]): void {
  let processed = 0;
  let failedItems = 0;
  let failedBatches = 0;
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome.status === "rejected") {
      console.error(`Batch ${index} failed completely: ${outcome.reason}`);
      failedBatches += 1;
    } else {
      processed += outcome.value.length;
      failedItems += outcome.value.filter((result) => result === -1).length;
    }
  }
  const successful = processed - failedItems;
  const percent = plan.items === 0 ? 100 : (successful / plan.items) * 100;
  const lines = [
    rule,
    " Execution summary",
    rule,
    `Total items requested: ${grouped(plan.items)}`,
    `Total batches: ${grouped(plan.batches)}`,
    `Batch size: ${grouped(plan.batchSize)}`,
    "",
    `Successful items: ${grouped(successful)}`,
    `Failed items: ${grouped(failedItems)}`,
    `Failed batches: ${grouped(failedBatches)}`,
    "",
    `Success rate: ${percent.toFixed(2)}%`,
    `Items processed: ${grouped(processed)} / ${grouped(plan.items)}`,
    rule,
  ];
  for (const line of lines) console.log(line);
}

function grouped(n: number): string {
  return n.toLocaleString("en-US");
}
