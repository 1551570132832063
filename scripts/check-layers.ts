/**
 * Runs the layer rules of `.dependency-cruiser.cjs` over every source folder, and fails unless the cruise saw
 * every TypeScript file there: with a compiler it does not understand it sees none and finds nothing wrong.
 */
import { existsSync, globSync } from "node:fs";
import { cruise, type ICruiseResult } from "dependency-cruiser";
import extractDepcruiseOptions from "dependency-cruiser/config-utl/extract-depcruise-options";
import extractTSConfig from "dependency-cruiser/config-utl/extract-ts-config";

const folders = [
  "sdk",
  "functions",
  "worker-image",
  "infra",
  "console",
  "examples",
  "bench",
  "scripts",
  "test",
].filter((folder) => existsSync(folder));

const files = folders.flatMap((folder) => globSync(`${folder}/**/*.ts`, { exclude: ["**/node_modules"] }));
if (files.length === 0) throw new Error(`There is no TypeScript under ${folders.join(", ")}.`);

const options = await extractDepcruiseOptions("./.dependency-cruiser.cjs");
const reasons = new Map(options.ruleSet?.forbidden?.map((rule) => [rule.name, rule.comment]));
const { modules, summary } = await cruiseFolders();
const seen = new Set(modules.map((module) => module.source));
const unseen = files.filter((file) => !seen.has(file));

for (const { rule, from, to, cycle } of summary.violations) {
  const path = cycle === undefined ? to : cycle.map((step) => step.name).join(" → ");
  console.error(`${rule.name}: ${from} → ${path}\n  ${reasons.get(rule.name) ?? ""}`);
}
for (const file of unseen)
  console.error(`not-seen: ${file} was not read by the cruise, so no rule held for it.`);

console.log(
  `layers: ${files.length} files, ${summary.violations.length} violations, ${unseen.length} files not seen`,
);
process.exitCode = summary.violations.length + unseen.length > 0 ? 1 : 0;

async function cruiseFolders(): Promise<ICruiseResult> {
  const { output } = await cruise(folders, options, undefined, {
    tsConfig: extractTSConfig("./tsconfig.json"),
  });
  if (typeof output === "string") throw new Error(`dependency-cruiser gave a text, not a result: ${output}`);
  return output;
}
