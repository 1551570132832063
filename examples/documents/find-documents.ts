import { readdir, readFile, stat } from "node:fs/promises";
import { join, relative, resolve, sep } from "node:path";

export interface FoundDocuments {
  /** Absolute, so that workers find the files from wherever they run. */
  readonly root: string;
  /** Relative to the root with `/` between folders, sorted. */
  readonly paths: readonly string[];
}

/** A larger file is left out: it is a notice of a thousand others more often than a README. */
const documentBytesMax = 1024 * 1024;

const documentName = /^(readme|licen[cs]e|copying)/i;
const codeName = /\.([cm]?[jt]sx?|json|map|html?|css|py|rb|sh)$/i;

/** Every README, LICENSE, LICENCE and COPYING text file of at most 1 MiB under the root; links are not followed. */
export async function findDocuments(root: string): Promise<FoundDocuments> {
  const folder = resolve(root);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths: string[] = [];
  for (const entry of entries) {
    if (!entry.isFile() || !documentName.test(entry.name) || codeName.test(entry.name)) continue;
    const file = join(entry.parentPath, entry.name);
    if (await isText(file)) paths.push(relative(folder, file).replaceAll(sep, "/"));
  }
  return { root: folder, paths: paths.sort() };
}

/** The text of one document; bytes that are not UTF-8 become replacement characters. */
export function readDocument(root: string, path: string): Promise<string> {
  return readFile(join(root, path), "utf8");
}

async function isText(file: string): Promise<boolean> {
  const { size } = await stat(file);
  return size <= documentBytesMax && !(await readFile(file)).includes(0);
}
