/**
 * Every README and licence file under a folder goes through a vendor's batch API, each exactly once, whatever dies on
 * the way.
 *
 *   npx drover run examples/documents/app.ts:documents --json
 */
import { resolve } from "node:path";
import { map, sleep, TaskEnvironment, trace } from "drover";
import { findDocuments, readDocument } from "./find-documents.ts";
import { openSession } from "./local-service.ts";
import { documentsPerBatchMax, type ItemResult } from "./service/protocol.ts";
import { batchStatus, submitBatch } from "./vendor-client.ts";
import { writeWholeFile } from "./write-whole-file.ts";

const workers = new TaskEnvironment("documents-workers", {
  resources: { cpu: 1, memory: "512Mi" },
  reusable: { replicas: [2, 4], concurrency: 5, idleTtl: "1m", scaledownTtl: "30s" },
});

const driver = new TaskEnvironment("documents", {
  resources: { cpu: 1, memory: "512Mi" },
  dependsOn: [workers],
});

/** A batch travels as paths; whoever works on it reads the files. */
interface Batch {
  readonly service: string;
  readonly idempotencyKey: string;
  readonly root: string;
  readonly paths: readonly string[];
}

interface DocumentsInput {
  /** Folder to search. @default "node_modules" */
  readonly root?: string;
  /** Documents in a batch, 1 to 100. @default 25 */
  readonly batchSize?: number;
  /** Batches in flight. @default 10 */
  readonly concurrency?: number;
  /** URL of a running service. By default one is started on this machine, see local-service.ts. */
  readonly service?: string;
  /** Seed of the service that is started by default. @default 1 */
  readonly seed?: number;
  /** The result, one JSON line a document. @default ".drover/documents.jsonl" */
  readonly output?: string;
}

interface DocumentsSummary {
  readonly documents: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly output: string;
}

// What touches the world is traced: it happens once, and a replay gets what it returned then. The list of files and the
// address of the service are among it, so that a resumed run goes on with the batches that it had.
const find = trace(findDocuments);
const open = trace(openSession);
const poll = trace(batchStatus);

const submit = trace(async function submit({ service, idempotencyKey, root, paths }: Batch): Promise<string> {
  const documents = await Promise.all(paths.map(async (id) => ({ id, text: await readDocument(root, id) })));
  // The trace keeps a submit that has returned from running again. The key covers the moment between the vendor's
  // answer and its record: a crash there sends the batch twice, and the vendor answers with the same job.
  return submitBatch(service, { documents, idempotencyKey });
});

const write = trace(async function write(output: string, results: readonly ItemResult[]): Promise<string> {
  const file = resolve(output);
  writeWholeFile(file, results.map((result) => `${JSON.stringify(result)}\n`).join(""));
  return file;
});

const pollsMax = 1_000;

/** Submits the batch and waits for its results; while it sleeps, its slot works for others. */
export const processBatch = workers.task(
  async function processBatch(batch: Batch): Promise<ItemResult[]> {
    const job = await submit(batch);
    for (let polls = 0; polls < pollsMax; polls += 1) {
      const status = await poll(batch.service, job);
      if (status.state === "done") return inOrder(batch.paths, status.results);
      await sleep("250ms");
    }
    throw new Error(`The vendor had not finished ${job} after ${pollsMax} polls.`);
  },
  { retries: 3, timeout: "10m" },
);

/** Processes every document under `root` and writes one result line for each, sorted by path. */
export const documents = driver.task(async function documents({
  root = "node_modules",
  batchSize = 25,
  concurrency = 10,
  service,
  seed = 1,
  output = ".drover/documents.jsonl",
}: DocumentsInput = {}): Promise<DocumentsSummary> {
  const found = await find(root);
  const vendor = await open(service ?? null, seed);
  const batches = cut(found.paths, batchSize).map(
    (paths, index): Batch => ({
      service: vendor.url,
      idempotencyKey: `${vendor.session}-${index}`,
      root: found.root,
      paths,
    }),
  );
  // A document that the vendor cannot read is a result. A batch that fails for good, though, fails the run: a vendor
  // that is away is nothing to write into ten thousand lines.
  const results = (await map(processBatch, batches, { concurrency, onError: "throw" })).flat();
  const succeeded = results.filter(({ ok }) => ok).length;
  return {
    documents: results.length,
    succeeded,
    failed: results.length - succeeded,
    output: await write(output, results),
  };
});

function cut(paths: readonly string[], size: number): string[][] {
  if (!Number.isInteger(size) || size < 1 || size > documentsPerBatchMax) {
    throw new RangeError(`batchSize is ${size}; give a whole number from 1 to ${documentsPerBatchMax}.`);
  }
  return Array.from({ length: Math.ceil(paths.length / size) }, (_, index) =>
    paths.slice(index * size, (index + 1) * size),
  );
}

/** Exactly one result for each path, whatever the vendor left out or said twice. */
function inOrder(paths: readonly string[], results: readonly ItemResult[]): ItemResult[] {
  const byId = new Map(results.map((result) => [result.id, result]));
  return paths.map((id) => byId.get(id) ?? { id, ok: false, error: "The vendor returned no result." });
}
