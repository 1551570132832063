/**
 * Loading users' modules into a process that executes actions or serves those that do. Such a module may also be a
 * program that starts runs when it is loaded: here it must not, or each replica would start runs of its own.
 */
import { callSite } from "./call-site.ts";
import { keepApart } from "./registry.ts";

let isGuest = false;
let noteProgram: (() => void) | null = null;
const loaded = new Map<string, Promise<void>>();
/** What to call when a module that is kept apart comes to where it would start a run. */
const programsApart = new Map<string, () => void>();

/**
 * Imports a module, once. Resolves when it is loaded, or has come to where it would start a run: its tasks are defined by then.
 * @throws what the module throws.
 */
export function loadCode(url: string): Promise<void> {
  const known = loaded.get(url);
  if (known !== undefined) return known;
  isGuest = true;
  const program = new Promise<void>((resolve) => {
    noteProgram = resolve;
  });
  const loading = Promise.race([import(url).then(() => {}), program]);
  loaded.set(url, loading);
  loading.catch(() => loaded.delete(url));
  return loading;
}

/**
 * The same for a module whose tasks and environments are kept apart from all others (registry.ts, R1): `findTask(name, url)`
 * finds them. What else runs in this process may still start runs.
 *
 * @param url File URL of one bundled module, as its own `import.meta.url` has it.
 */
export function loadCodeApart(url: string): Promise<void> {
  const known = loaded.get(url);
  if (known !== undefined) return known;
  keepApart(url);
  const program = new Promise<void>((resolve) => {
    programsApart.set(url, resolve);
  });
  const loading = Promise.race([import(url).then(() => {}), program]);
  loaded.set(url, loading);
  loading.catch(() => loaded.delete(url));
  return loading;
}

/** Called where a program would begin to run something. In a process that has loaded code it stops there, for ever. */
export function stopIfGuest(): Promise<never> | null {
  const noteApart = programsApart.size === 0 ? undefined : programsApart.get(callSite() ?? "");
  if (noteApart !== undefined) {
    noteApart();
    return new Promise<never>(() => {});
  }
  if (!isGuest) return null;
  noteProgram?.();
  return new Promise<never>(() => {});
}
