/** What the doors of the package export, and what their docstrings say of it, read from the sources by the compiler. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";

export interface PublicMember {
  readonly name: string;
  readonly isDocumented: boolean;
}

export interface PublicExport {
  /** Name by which users import from it: `drover`, `drover/local`. */
  readonly door: string;
  readonly name: string;
  readonly kind: "function" | "class" | "type" | "value";
  /** Where it is declared: `sdk/authoring/map.ts:40`. */
  readonly place: string;
  readonly isDocumented: boolean;
  /** Texts of its `@example` tags, and of its members'. */
  readonly examples: readonly string[];
  /** Public members of a class or interface, but for inherited ones and constructors. */
  readonly members: readonly PublicMember[];
}

export const root = fileURLToPath(new URL("..", import.meta.url));

/** The doors of the package, as package.json has them. */
export function doors(): readonly string[] {
  const { exports } = JSON.parse(readFileSync(`${root}package.json`, "utf8")) as { exports: object };
  const paths = Object.keys(exports).filter((path) => !path.endsWith(".json"));
  return paths.map((path) => `drover${path.slice(1)}`);
}

export function doorFile(door: string): string {
  if (door === "drover/infra") return `${root}infra/index.ts`;
  return `${root}sdk/${door === "drover" ? "index" : door.slice("drover/".length)}.ts`;
}

export function compilerOptions(): ts.CompilerOptions {
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, files: [], include: [] }, ts.sys, root);
  return options;
}

const parsed = new Map<string, ts.SourceFile | undefined>();

/** Reads and parses each file once for all programs of this process: most of the time goes into that. */
export function compilerHost(): ts.CompilerHost {
  const host = ts.createCompilerHost(compilerOptions());
  const { getSourceFile } = host;
  host.getSourceFile = (path, ...rest) => {
    if (!parsed.has(path)) parsed.set(path, getSourceFile.call(host, path, ...rest));
    return parsed.get(path);
  };
  return host;
}

/** All exports of all doors, in the order of their names within each. */
export function publicExports(): readonly PublicExport[] {
  const program = ts.createProgram(doors().map(doorFile), compilerOptions(), compilerHost());
  const checker = program.getTypeChecker();
  return doors().flatMap((door) => {
    const file = program.getSourceFile(doorFile(door));
    const module = file === undefined ? undefined : checker.getSymbolAtLocation(file);
    if (module === undefined) throw new Error(`${doorFile(door)} is no module.`);
    return checker
      .getExportsOfModule(module)
      .map((symbol) => describe(checker, door, symbol))
      .sort((a, b) => a.name.localeCompare(b.name));
  });
}

function describe(checker: ts.TypeChecker, door: string, exported: ts.Symbol): PublicExport {
  const isAlias = (exported.flags & ts.SymbolFlags.Alias) !== 0;
  const symbol = isAlias ? checker.getAliasedSymbol(exported) : exported;
  const members = [...(symbol.members?.values() ?? [])].filter(isPublicMember);
  return {
    door,
    name: exported.name,
    kind: kindOf(symbol),
    place: placeOf(symbol),
    isDocumented: isDocumented(checker, symbol),
    examples: [symbol, ...members].flatMap((one) => examplesOf(checker, one)),
    members: members.map((member) => ({ name: member.name, isDocumented: isDocumented(checker, member) })),
  };
}

function kindOf(symbol: ts.Symbol): PublicExport["kind"] {
  if (symbol.flags & ts.SymbolFlags.Class) return "class";
  if (symbol.flags & ts.SymbolFlags.Function) return "function";
  return symbol.flags & ts.SymbolFlags.Type ? "type" : "value";
}

function placeOf(symbol: ts.Symbol): string {
  const declaration = symbol.declarations?.[0];
  if (declaration === undefined) return "nowhere";
  const file = declaration.getSourceFile();
  const { line } = file.getLineAndCharacterOfPosition(declaration.getStart());
  return `${file.fileName.slice(root.length)}:${line + 1}`;
}

const memberFlags = ts.SymbolFlags.Property | ts.SymbolFlags.Method | ts.SymbolFlags.Accessor;

function isPublicMember(member: ts.Symbol): boolean {
  const isPrivate = member.declarations?.some(
    (one) => ts.isClassElement(one) && one.name !== undefined && ts.isPrivateIdentifier(one.name),
  );
  return (member.flags & memberFlags) !== 0 && isPrivate !== true;
}

function isDocumented(checker: ts.TypeChecker, symbol: ts.Symbol): boolean {
  return ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim() !== "";
}

function examplesOf(checker: ts.TypeChecker, symbol: ts.Symbol): string[] {
  return symbol
    .getJsDocTags(checker)
    .filter((tag) => tag.name === "example")
    .map((tag) => ts.displayPartsToString(tag.text));
}
