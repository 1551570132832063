/** The documents example on made-up documents, with a service whose books are at hand, and what its journal says. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type RunningService, startService } from "../../examples/documents/service/server.ts";
import { Database } from "../../sdk/backends/local/database.ts";
import { openForeignStateFile } from "../../sdk/backends/local/database-file.ts";
import { Journal } from "../../sdk/backends/local/journal.ts";
import {
  type ActionRowOfTables,
  actionColumns,
  specOfRow,
} from "../../sdk/backends/local/store-action-rows.ts";
import { ActionIndex } from "../../sdk/backends/local/store-index.ts";
import { AllTotals } from "../../sdk/backends/local/store-totals.ts";
import { decode } from "../../sdk/core/codec/decode.ts";
import { aPlace, ifAny, type OnTestFinished, type Place } from "./e2e-place.ts";

const app = new URL("../../examples/documents/app.ts", import.meta.url).pathname;

export const documentCount = 120;
const batchSize = 6;

export interface DocumentsPlace extends Place {
  readonly service: RunningService;
  /** Arguments that start the run, or go on with it where it exists. */
  readonly runArguments: readonly string[];
  readonly resumeArguments: readonly string[];
  /** The result file. */
  result(): string;
  /** Documents whose submission is recorded, as the state folder says now. */
  recorded(): Promise<ReadonlySet<string>>;
}

/** A place with documents of its own, and a service in this process: it outlives whatever is killed there. */
export async function documentsPlace(onTestFinished: OnTestFinished): Promise<DocumentsPlace> {
  const place = aPlace(onTestFinished);
  const service = await startService({
    seed: 3,
    latencyMs: [2, 20],
    workMs: [100, 400],
    ratePerSecond: 500,
    burst: 100,
    errorRate: 0.03,
    lostAnswerRate: 0.02,
    itemFailureRate: 0.05,
  });
  onTestFinished(async () => await service.close());
  const root = join(place.dir, "documents");
  for (let number = 0; number < documentCount; number += 1) writeDocument(root, number);
  const input = { root, service: service.url, batchSize, concurrency: 5, output: "result.jsonl" };
  const common = ["--json", "--quiet"];
  return {
    ...place,
    service,
    runArguments: ["run", `${app}:documents`, "--name", "docs", "--input", JSON.stringify(input), ...common],
    resumeArguments: ["resume", "docs", ...common],
    result: () => readFileSync(join(place.dir, "result.jsonl"), "utf8"),
    recorded: async () => (await ifAny(() => recordedDocuments(place.state))) ?? new Set(),
  };
}

function writeDocument(root: string, number: number): void {
  const folder = join(root, `package-${String(number).padStart(3, "0")}`);
  mkdirSync(folder, { recursive: true });
  const words = Array.from({ length: 50 + (number % 40) }, (_, index) => `word${(index * number) % 17}`);
  writeFileSync(join(folder, "README.md"), `# Package ${number}\n\n${words.join(" ")}\n`);
}

async function recordedDocuments(state: string): Promise<ReadonlySet<string>> {
  const database = new Database(openForeignStateFile(state, "read"));
  try {
    const journal = new Journal(database, new ActionIndex(database, new AllTotals(database)));
    const rows = database.statement(journaledSql).all() as unknown as ActionRowOfTables[];
    const batches = rows.map(async (row) => {
      const records = (await journal.read(row.id)).flatMap((batch) => batch.records);
      return records.some(isSubmission) ? pathsOf(row) : [];
    });
    return new Set((await Promise.all(batches)).flat());
  } finally {
    database.close();
  }
}

const journaledSql = `SELECT ${actionColumns} FROM actions a LEFT JOIN states s ON s.seq = a.seq
  WHERE a.id IN (SELECT action FROM journal)`;

function isSubmission({
  name,
  outcome,
}: {
  readonly name: string;
  readonly outcome: { readonly kind: string };
}) {
  return name === "submit" && outcome.kind === "value";
}

function pathsOf(row: ActionRowOfTables): readonly string[] {
  const spec = specOfRow(row);
  if (spec?.input.kind !== "inline") throw new Error(`The input of ${row.id} is not in its spec.`);
  return (decode(spec.input.bytes) as { paths: readonly string[] }).paths;
}
