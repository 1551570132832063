/**
 * Builds `dist/` from `sdk/`, and `drover/infra` into it. The compiler only emits here; `tsc --noEmit` in `npm run check:static` judges the
 * types, so that a checkout with a type error can still be installed and run.
 * The output appears by a rename: a process that starts meanwhile never sees half of it, and two builds at once
 * do not write into each other.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, globSync, renameSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { packInfra } from "./pack-infra.ts";

const root = resolve(import.meta.dirname, "..");
const next = resolve(root, `dist.next-${process.pid}`);
const dist = resolve(root, "dist");
const command = "cli/main.js";

if (globSync("sdk/**/*.ts", { cwd: root }).length === 0) {
  console.error("sdk/ holds no TypeScript: nothing to build.");
  process.exit(0);
}

const tsc = resolve(root, "node_modules/typescript/bin/tsc");
const { status } = spawnSync(process.execPath, [tsc, "-p", "tsconfig.build.json", "--outDir", next], {
  cwd: root,
  stdio: "inherit",
});
if (status !== 0) {
  rmSync(next, { recursive: true, force: true });
  process.exit(status ?? 1);
}

await packInfra(next);

const commandFile = resolve(next, command);
if (existsSync(commandFile)) chmodSync(commandFile, 0o755);
rmSync(dist, { recursive: true, force: true });
renameSync(next, dist);
