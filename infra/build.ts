/**
 * Bundles what is deployed: the functions, which share what they have in common, and the program of containers beside its Dockerfile. It runs before a
 * synth, needs neither Docker nor credentials, and makes the same bytes of the same sources, so that CDK deploys what has
 * changed and nothing else.
 */
import { cpSync, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { extname, join, resolve } from "node:path";
import { type BuildOptions, build } from "esbuild";
import { functionNames } from "./function-names.ts";

const root = resolve(import.meta.dirname, "..");
const workerFolder = join(root, "worker-image");
const dockerfile = join(workerFolder, "Dockerfile");

const functions = Object.fromEntries(
  functionNames.map((name) => [name, join(root, "functions", `${name}.ts`)]),
);

const worker = { main: join(workerFolder, "main.ts") };

/** Packages in CommonJS ask for Node's own modules by `require`, which a module does not have. */
const banner = `import { createRequire as droverRequire } from "node:module"; const require = droverRequire(import.meta.url);`;

const options = {
  bundle: true,
  platform: "node",
  target: "node24",
  format: "esm",
  outExtension: { ".js": ".mjs" },
  banner: { js: banner },
  // Less to read in a cold start. Names stay as they are: errors are known by those of their classes, and stacks are readable.
  keepNames: true,
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: "none",
  logLevel: "warning",
  absWorkingDir: root,
} as const satisfies BuildOptions;

/**
 * Makes `<out>/functions/<name>.mjs` and `<out>/worker-image/`. They appear by a rename: a synth that runs meanwhile never
 * sees half of them.
 *
 * @throws Error that names each source that is missing.
 */
export async function buildAssets(out: string = join(import.meta.dirname, "build")): Promise<void> {
  const sources = [...Object.values(functions), ...Object.values(worker), dockerfile];
  const missing = sources.filter((path) => !existsSync(path));
  if (missing.length > 0) throw new Error(`The stack cannot be built: there is no ${missing.join(", no ")}.`);
  const next = `${out}.next-${process.pid}`;
  mkdirSync(next, { recursive: true });
  try {
    await build({ ...options, splitting: true, entryPoints: functions, outdir: join(next, "functions") });
    await build({ ...options, entryPoints: worker, outdir: join(next, "worker-image") });
    cpSync(workerFolder, join(next, "worker-image"), {
      recursive: true,
      filter: (path) => extname(path) !== ".ts",
    });
    rmSync(out, { recursive: true, force: true });
    renameSync(next, out);
  } finally {
    rmSync(next, { recursive: true, force: true });
  }
}

if (import.meta.main) await buildAssets();
