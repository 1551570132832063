/** Makes whole modules of the examples in docstrings, and asks the compiler what it thinks of them. */
import ts from "typescript";
import { compilerHost, compilerOptions, type PublicExport, root } from "../../scripts/public-api.ts";

export interface Example {
  /** The door whose export it explains. */
  readonly door: string;
  /** `map (1) of drover, sdk/authoring/map.ts:40` */
  readonly title: string;
  /** The code as it is written. */
  readonly code: string;
  /** True for values of a documented type; they are compiled, and there is nothing to run. */
  readonly isValue: boolean;
  /** Names that the code uses and does not declare. */
  readonly needs: readonly string[];
  /** What the compiler has against it. */
  readonly complaints: readonly string[];
}

interface Draft {
  readonly owner: PublicExport;
  readonly title: string;
  readonly code: string;
  readonly isValue: boolean;
}

const worldFile = "./example-world.ts";

/** All examples of the exports, type-checked against the sources. */
export function checkedExamples(exports: readonly PublicExport[]): readonly Example[] {
  const drafts = draftsOf(exports);
  const first = compile(drafts.map((draft) => moduleOf(draft, "")));
  const needs = first.map((diagnostics) => [...new Set(diagnostics.flatMap(missingName))]);
  const doorOf = new Map(exports.map((one) => [one.name, one.door]));
  const heads = needs.map((names) => headOf(names, doorOf));
  const second = compile(drafts.map((draft, place) => moduleOf(draft, heads[place] ?? "")));
  return drafts.map(({ owner, title, code, isValue }, place) => ({
    door: owner.door,
    title,
    code,
    isValue,
    needs: needs[place] ?? [],
    complaints: (second[place] ?? []).map((one) => ts.flattenDiagnosticMessageText(one.messageText, "\n")),
  }));
}

function draftsOf(exports: readonly PublicExport[]): readonly Draft[] {
  return exports.flatMap((owner) =>
    owner.examples.map((text, place) => ({
      owner,
      title: `${owner.name} (${place + 1}) of ${owner.door}, ${owner.place}`,
      code: text.trim(),
      isValue: owner.kind === "type" && !/;\s*(\/\/.*)?$/m.test(text),
    })),
  );
}

/** Imports stand on the first line, so that complaints name the line of the example, and one more. */
function moduleOf({ owner, code, isValue }: Draft, imports: string): string {
  if (!isValue) return `${imports}\n${code}\nexport {};\n`;
  return `import type { ${owner.name} } from "${owner.door}";\nexport const examples: readonly ${owner.name}[] = [\n${code}\n];\n`;
}

/** Brings what the doors export and what the world of the examples has; other names stay unknown. */
function headOf(names: readonly string[], doorOf: ReadonlyMap<string, string>): string {
  const imports = names
    .filter((name) => doorOf.has(name))
    .map((name) => `import { ${name} } from "${doorOf.get(name)}";`);
  const taken = names.filter((name) => !doorOf.has(name));
  const world = `import type { ExampleWorld } from "${worldFile}"; declare const world: ExampleWorld;`;
  return [...imports, ...(taken.length > 0 ? [world, `const { ${taken.join(", ")} } = world;`] : [])].join(
    " ",
  );
}

const unknownNameCodes = new Set([2304, 2552, 2663, 18004]);

function missingName(diagnostic: ts.Diagnostic): string[] {
  if (!unknownNameCodes.has(diagnostic.code)) return [];
  const text = ts.flattenDiagnosticMessageText(diagnostic.messageText, " ");
  return /'([^']+)'/.exec(text)?.slice(1, 2) ?? [];
}

/** The complaints about each of the modules, which exist in memory only, beside this file. */
function compile(texts: readonly string[]): readonly (readonly ts.Diagnostic[])[] {
  const options = compilerOptions();
  const host = compilerHost();
  const files = new Map(texts.map((text, place) => [`${root}test/docs/example-${place}.ts`, text]));
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (path) => files.has(path) || fileExists.call(host, path);
  host.readFile = (path) => files.get(path) ?? readFile.call(host, path);
  host.getSourceFile = (path, ...rest) => {
    const text = files.get(path);
    if (text === undefined) return getSourceFile.call(host, path, ...rest);
    const [target] = rest;
    return ts.createSourceFile(path, text, target, true);
  };
  const program = ts.createProgram([...files.keys()], options, host);
  return [...files.keys()].map((path) => {
    const file = program.getSourceFile(path);
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
  });
}

/** The example as a function of what it needs. */
export function runnable({
  code,
  needs,
}: Example): (values: Readonly<Record<string, unknown>>) => Promise<void> {
  const body = code.replace(/^import .*$/gm, "").replace(/^export /gm, "");
  const { outputText } = ts.transpileModule(body, { compilerOptions: { target: ts.ScriptTarget.ES2024 } });
  const AsyncFunction = (async () => {}).constructor as new (
    ...parts: string[]
  ) => (...args: unknown[]) => Promise<void>;
  const names = [...needs, "console", "fetch"];
  const call = new AsyncFunction(...names, outputText.replace(/^export \{\};$/m, ""));
  return async (values) => await call(...names.map((name) => values[name]));
}
