/** The output of a run in a file of the user's. */
import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import { badUsage } from "./bad-usage.ts";
import { toJsonText } from "./json-form.ts";

/** Refuses a place where nothing can be written, before a run does hours of work for it. @throws InputError */
export function checkOutputFile(path: string): void {
  const file = resolve(path);
  const isFolder = statSync(file, { throwIfNoEntry: false })?.isDirectory() === true;
  if (!isFolder && isWritable(dirname(file))) return;
  throw badUsage({
    what: "--output",
    value: file,
    allowed: "a file in a folder that exists and can be written to",
    wayOut: isFolder ? "Add a file name to the folder." : `Make the folder first: mkdir -p ${dirname(file)}`,
  });
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return statSync(folder).isDirectory();
  } catch {
    return false;
  }
}

/** Writes the JSON form of the output. The file is the old one or the new one, never a part of it. */
export function writeOutputFile(path: string, output: unknown): void {
  const file = resolve(path);
  const draft = `${file}.${process.pid}.tmp`;
  try {
    writeThrough(draft, `${toJsonText(output, 2)}\n`);
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

function writeThrough(file: string, text: string): void {
  const bytes = Buffer.from(text);
  const fd = openSync(file, "w");
  try {
    for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
