/** Which environments a stack is built for. */
import { pathToFileURL } from "node:url";
import { PolicyError } from "drover";
import { definedEnvironments, type EnvironmentDefinition, loadCode } from "drover/host";

/**
 * Loads a user's module and answers every environment that is defined by then, sorted by name. A module that would also
 * start a run when it is loaded stops at that point.
 *
 * @param file Path of the module, absolute or from the current folder.
 * @throws PolicyError for a module that defines no environment; what the module throws.
 * @example const environments = await environmentsIn("src/jobs.ts");
 */
export async function environmentsIn(file: string): Promise<readonly EnvironmentDefinition[]> {
  await loadCode(pathToFileURL(file).href);
  const environments = [...definedEnvironments().values()].sort(byName);
  if (environments.length > 0) return environments;
  throw new PolicyError({
    what: "The module of a stack",
    value: file,
    allowed: "a module that defines at least one TaskEnvironment",
    wayOut:
      "Name the module that defines your tasks: npx cdk synth -c drover:module=src/jobs.ts, for example.",
  });
}

/** The given environments and all that they reach by `dependsOn`, each once, sorted by name. */
export function reachable(roots: readonly EnvironmentDefinition[]): readonly EnvironmentDefinition[] {
  const found = new Map<string, EnvironmentDefinition>();
  const open = [...roots];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const known = found.get(next.name);
    if (known !== undefined && known !== next) throw twice(next.name);
    if (known !== undefined) continue;
    found.set(next.name, next);
    open.push(...next.dependsOn);
  }
  return [...found.values()].sort(byName);
}

function byName(a: EnvironmentDefinition, b: EnvironmentDefinition): number {
  return a.name < b.name ? -1 : 1;
}

function twice(name: string): PolicyError {
  return new PolicyError({
    what: "Name of an environment",
    value: name,
    allowed: "a name that only one environment of a stack has",
    wayOut: "Share one environment between files by exporting it, or rename one of the two.",
  });
}
