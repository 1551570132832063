/**
 * A slow service that takes many items in one request, simulated: put calls of yours in its place.
 *
 * Of items that fail it does what services do: some it refuses at once, others it accepts and fails later. An answer has
 * an Error in the place of such an item; the request as a whole succeeds.
 */
import { setTimeout as wait } from "node:timers/promises";

const submitMs = 10;
const pollMs = 50;

/** One request for all items. Answers a job for each, in their order. Every `failEvery`-th item fails; 0 is none. */
export async function submitItems(
  items: readonly number[],
  failEvery: number,
): Promise<readonly (string | Error)[]> {
  await wait(submitMs);
  return items.map((item) =>
    fate(item, failEvery) === "refused" ? new Error(`item ${item} is refused`) : `job_${item}`,
  );
}

/** Waits until all jobs have ended, and answers what became of each. */
export async function pollJobs(
  jobs: readonly string[],
  failEvery: number,
): Promise<ReadonlyMap<string, number | Error>> {
  await wait(pollMs);
  return new Map(jobs.map((job) => [job, outcomeOf(job, failEvery)]));
}

function outcomeOf(job: string, failEvery: number): number | Error {
  const item = Number(job.slice("job_".length));
  return fate(item, failEvery) === "failed" ? new Error(`${job} has failed`) : item * 2;
}

/** Of the items that fail, the first is refused, the second fails while it is worked on, and so on in turn. */
function fate(item: number, failEvery: number): "fine" | "refused" | "failed" {
  const number = item + 1;
  if (failEvery === 0 || number % failEvery !== 0) return "fine";
  return (number / failEvery) % 2 === 1 ? "refused" : "failed";
}
