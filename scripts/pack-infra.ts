/**
 * Makes `drover/infra` of the package: the constructs as one file, the bundles that they deploy beside it, and their types. The
 * SDK and CDK stay outside: a user's app brings them, and its TaskEnvironments have to be those of the same SDK.
 */
import { spawnSync } from "node:child_process";
import { renameSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { build } from "esbuild";
import { buildAssets } from "../infra/build.ts";

const root = resolve(import.meta.dirname, "..");
const tsc = join(root, "node_modules/typescript/bin/tsc");

/** @param dist Folder of the built package. */
export async function packInfra(dist: string): Promise<void> {
  const out = join(dist, "infra");
  await build({
    entryPoints: [join(root, "infra/index.ts")],
    outfile: join(out, "index.js"),
    bundle: true,
    platform: "node",
    target: "node24",
    format: "esm",
    external: ["drover", "drover/*", "aws-cdk-lib", "constructs"],
    logLevel: "warning",
  });
  await buildAssets(join(out, "build"));
  packTypes(out);
}

function packTypes(out: string): void {
  const all = join(out, "all-types");
  const { status } = spawnSync(process.execPath, [tsc, "-p", "tsconfig.infra.json", "--outDir", all], {
    cwd: root,
    stdio: "inherit",
  });
  if (status !== 0) throw new Error(`The types of drover/infra could not be made: tsc ended with ${status}.`);
  renameSync(join(all, "infra"), join(out, "types"));
  rmSync(all, { recursive: true });
}
