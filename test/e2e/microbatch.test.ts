/** The example as a user runs it: the built package, a host, replicas in processes of their own. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { printSummary } from "../../examples/microbatch/summary.ts";

const root = resolve(import.meta.dirname, "../..");
const program = `
  import { run } from "drover";
  import { openLocal } from "drover/local";
  import { microbatch } from ${JSON.stringify(join(root, "examples/microbatch/app.ts"))};
  const [dir, input] = process.argv.slice(1);
  const lines = [];
  const backend = await openLocal({ dir, onLog: ({ text }) => lines.push(text) });
  const results = await (await run(microbatch, JSON.parse(input), { backend })).result();
  await backend.close();
  console.log(JSON.stringify({ results, lines }));
`;

interface Ran {
  readonly results: readonly number[];
  /** What the driver and the batches printed. */
  readonly lines: readonly string[];
}

async function runExample(dir: string, input: object): Promise<Ran> {
  const args = ["--input-type=module", "--eval", program, dir, JSON.stringify(input)];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  return JSON.parse(await text(child.stdout)) as Ran;
}

const items = Array.from({ length: 20_000 }, (_, item) => item);

describe("twenty thousand items", () => {
  const dir = mkdtempSync(join(tmpdir(), "microbatch-"));
  let ran: Ran;
  beforeAll(async () => {
    ran = await runExample(dir, { items: items.length });
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it("have a result each, in their order", () => {
    expect(ran.results).toEqual(items.map((item) => item * 2));
  });

  it("are summed up once, however often the driver is replayed", () => {
    expect(ran.lines).toEqual([
      "Processing 20,000 items in 20 batches of 1,000, at most 10 at once",
      "=".repeat(60),
      " Execution summary",
      "=".repeat(60),
      "Total items requested: 20,000",
      "Total batches: 20",
      "Batch size: 1,000",
      "",
      "Successful items: 20,000",
      "Failed items: 0",
      "Failed batches: 0",
      "",
      "Success rate: 100.00%",
      "Items processed: 20,000 / 20,000",
      "=".repeat(60),
    ]);
  });
});

describe("items that fail", () => {
  const dir = mkdtempSync(join(tmpdir(), "microbatch-"));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it("are -1 in their places and spoil no other, also in a last batch that is not full", async () => {
    const { results, lines } = await runExample(dir, {
      items: 1_050,
      batchSize: 100,
      failEvery: 7,
      maxBatches: 3,
    });
    expect(results).toEqual(items.slice(0, 1_050).map((item) => (item % 7 === 6 ? -1 : item * 2)));
    expect(lines).toEqual(
      expect.arrayContaining([
        "Total batches: 11",
        "Successful items: 900",
        "Failed items: 150",
        "Success rate: 85.71%",
        "Items processed: 1,050 / 1,050",
      ]),
    );
  });
});

describe("a batch that fails as a whole", () => {
  it("is named with its error, and its items count as not processed", () => {
    const printed = linesOf(() =>
      printSummary({ items: 4, batchSize: 2, batches: 2, maxBatches: 1 }, [
        { status: "rejected", reason: new Error("the service is away") },
        { status: "fulfilled", value: [4, -1] },
      ]),
    );
    expect(printed).toEqual(
      expect.arrayContaining([
        "Batch 0 failed completely: Error: the service is away",
        "Successful items: 1",
        "Failed items: 1",
        "Failed batches: 1",
        "Success rate: 25.00%",
        "Items processed: 2 / 4",
      ]),
    );
  });
});

/** What `print` writes to the console. */
function linesOf(print: () => void): readonly string[] {
  const { log, error } = console;
  const lines: string[] = [];
  console.log = console.error = (line: string) => lines.push(line);
  try {
    print();
  } finally {
    Object.assign(console, { log, error });
  }
  return lines;
}
