/** What the examples in docstrings take for granted. */
import type { AwsStack } from "../../sdk/aws.ts";
import { type RunHandle, TaskEnvironment, trace } from "../../sdk/index.ts";

export const environment = new TaskEnvironment("examples", { reusable: { replicas: 1, concurrency: 4 } });

const processBatch = environment.task(async function processBatch(range: { start: number; end: number }) {
  return range.end - range.start;
});

export const microbatch = environment.task(async function microbatch({ items }: { items: number }) {
  return await processBatch({ start: 0, end: items });
});

const score = environment.task(async function score(text: string) {
  return text.length;
});

const download = trace(async function download(from: string) {
  return `the page at ${from}`;
});

const looks = new Map<string, number>();

/** Done at the third look. */
const poll = trace(async function poll(job: string) {
  const count = (looks.get(job) ?? 0) + 1;
  looks.set(job, count);
  return count < 3 ? "running" : "done";
});

/** The values by the names that examples use. `handle` is a run of `microbatch`. */
export function exampleWorld(handle: RunHandle<number>) {
  return {
    environment,
    processBatch,
    microbatch,
    score,
    download,
    poll,
    handle,
    ranges: [
      { start: 0, end: 10 },
      { start: 10, end: 15 },
    ],
    url: "https://service.example/1",
    urls: ["https://service.example/1", "https://service.example/2"],
    job: "job-7",
    id: 7,
    response: new Response("{}", { status: 200 }),
  };
}

/** All that examples may name. What is not made above is for examples that are compiled and not run. */
export type ExampleWorld = ReturnType<typeof exampleWorld> & { readonly stack: AwsStack };
