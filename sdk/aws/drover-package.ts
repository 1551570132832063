/**
 * A bundle names the package `drover` and does not contain it: it has to meet the SDK of the process that loads it. That SDK may
 * be part of a larger file, so the package that the bundle finds only hands it over.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as drover from "../index.ts";

const key = "drover.sdk";

/** Makes `import "drover"` from modules in this folder mean the SDK of this process. */
export async function writeDroverPackage(dir: string): Promise<void> {
  (globalThis as Record<symbol, unknown>)[Symbol.for(key)] = drover;
  const home = join(dir, "node_modules", "drover");
  await mkdir(home, { recursive: true });
  await writeFile(
    join(home, "package.json"),
    JSON.stringify({ name: "drover", type: "module", exports: "./index.js" }),
  );
  const names = Object.keys(drover).join(", ");
  await writeFile(
    join(home, "index.js"),
    `export const { ${names} } = globalThis[Symbol.for(${JSON.stringify(key)})];\n`,
  );
}
