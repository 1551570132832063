import { fileURLToPath, pathToFileURL } from "node:url";
import { getCallSites } from "node:util";

const framesMax = 20;
const here = new URL("..", import.meta.url);

/**
 * URL of the module that called into this package: where a replica finds the task that is being defined. Null where the
 * caller is no file.
 */
export function callSite(): string | null {
  const inside = fileURLToPath(here);
  for (const site of getCallSites(framesMax, { sourceMap: false })) {
    const url = site.scriptName;
    if (url === "" || url.startsWith("node:")) continue;
    const path = url.startsWith("file:") ? fileURLToPath(url) : url;
    if (path.startsWith(inside)) continue;
    return path.startsWith("/") || /^[A-Za-z]:/.test(path) ? pathToFileURL(path).href : null;
  }
  return null;
}
