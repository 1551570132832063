/** A user's module with everything it imports, as one file that is named by its hash. */
import { createHash } from "node:crypto";
import { basename, dirname, resolve } from "node:path";
import type { BuildFailure, Plugin } from "esbuild";
import { InputError } from "../core/errors.ts";

/** A module as it is executed on AWS. */
export interface Bundle {
  /** SHA-256 of the bytes, in hexadecimal: the `code` of runs. */
  readonly code: string;
  /** The module's source text, in UTF-8. */
  readonly bytes: Uint8Array;
}

/**
 * Bundles a module for execution on AWS. The package `drover` stays outside: executors bring their own. The same sources make the
 * same bytes, wherever they are.
 *
 * @param file Path of the module, absolute or from the current folder.
 * @throws InputError with what esbuild reports, for a module that cannot be read or bundled.
 *
 * @example
 * const { code, bytes } = await bundleModule("src/jobs.ts");
 */
export async function bundleModule(file: string): Promise<Bundle> {
  const { build } = await import("esbuild");
  const path = resolve(file);
  const result = await build({
    entryPoints: [basename(path)],
    absWorkingDir: dirname(path),
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    target: "node24",
    external: ["drover"],
    plugins: [otherDoors],
    banner: { js: banner },
    keepNames: true,
    legalComments: "none",
    logLevel: "silent",
  }).catch((failure: BuildFailure) => {
    throw notBundled(path, failure);
  });
  const [output] = result.outputFiles;
  if (output === undefined) throw new Error(`Broken invariant: esbuild made no file of ${path}.`);
  const bytes = output.contents;
  return { code: createHash("sha256").update(bytes).digest("hex"), bytes };
}

/** Packages in CommonJS ask for Node's own modules by `require`, which a module does not have. */
const banner = `import { createRequire as droverRequire } from "node:module"; const require = droverRequire(import.meta.url);`;

/** Functions of the doors of the package that open backends. */
const openers = ["openLocal", "openLocalView", "openAws", "openTestBackend", "bundleModule", "abortRun"];

/**
 * A program may open a backend and start its runs in the file that defines its tasks. Where actions are executed it must
 * not, so its other doors open nothing: what they are asked for ends where `run` ends a program there.
 */
const otherDoors: Plugin = {
  name: "other-doors",
  setup(build) {
    build.onResolve({ filter: /^drover\// }, ({ path }) => ({ path, namespace: "drover-door" }));
    build.onLoad({ filter: /.*/, namespace: "drover-door" }, () => ({
      contents: [
        `import { run } from "drover";`,
        ...openers.map((name) => `export const ${name} = () => run();`),
      ].join("\n"),
      loader: "js",
    }));
  },
};

function notBundled(path: string, failure: BuildFailure): InputError {
  const [first] = failure.errors ?? [];
  const place = first?.location == null ? "" : ` (${first.location.file}:${first.location.line})`;
  const details = {
    what: "The module",
    value: path,
    allowed: `a module that can be bundled, and this one cannot: ${first?.text ?? failure.message}${place}`,
    wayOut: "Correct what it says and start the run again.",
  };
  return Object.assign(new InputError("NOT_BUNDLED", details), { cause: failure });
}
