import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { findDocuments } from "../../examples/documents/find-documents.ts";
import { aPlace, printed } from "../support/e2e-place.ts";

const app = fileURLToPath(new URL("../../examples/documents/app.ts", import.meta.url));
const modules = fileURLToPath(new URL("../../node_modules", import.meta.url));

/** Far fewer would mean that the search has missed them. */
const documentsMin = 500;

it("every README and licence under node_modules has exactly one result line", async () => {
  const { paths } = await findDocuments(modules);
  console.log(`documents: ${paths.length}`);
  expect(paths.length).toBeGreaterThan(documentsMin);
  const place = aPlace(onTestFinished);
  const input = JSON.stringify({ root: modules });
  const exit = await place.drover(["run", `${app}:documents`, "--json", "--input", input]);
  expect(exit.code).toBe(0);
  const lines = readFileSync(join(place.dir, ".drover/documents.jsonl"), "utf8").trimEnd().split("\n");
  const results = lines.map((line) => JSON.parse(line) as { id: string; ok: boolean });
  expect(results.map(({ id }) => id)).toEqual(paths);
  const succeeded = results.filter(({ ok }) => ok).length;
  expect(printed(exit)).toMatchObject({
    status: "succeeded",
    output: { documents: paths.length, succeeded, failed: paths.length - succeeded },
  });
});
