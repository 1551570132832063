/** Where the program writes to. Only what a command answers goes to stdout; everything else is on stderr. */
import { styleText } from "node:util";

export type Style = Parameters<typeof styleText>[0];

const writeToStdout = process.stdout.write.bind(process.stdout);

/**
 * From here on, what user code prints in this process goes to stderr, so that stdout holds the answer and nothing else.
 * A reader that goes away, as `head` does, ends the program without complaint.
 */
export function claimStdout(): void {
  process.stdout.write = process.stderr.write.bind(process.stderr);
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
}

/** Writes lines to stdout. */
export function printOut(text: string): void {
  writeToStdout(`${text}\n`);
}

/** Writes lines to stderr. */
export function printErr(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Writes the one document of `--json`. */
export function printDocument(document: unknown): void {
  printOut(JSON.stringify(document));
}

/** The text as the stream shows it: plain where it is no terminal, or where colours are not wanted. */
export function styled(style: Style, text: string, stream: NodeJS.WriteStream): string {
  return styleText(style, text, { stream });
}

/** Ends the process when all that was written is out. What user code has left running is not waited for. */
export async function exitWhenWritten(): Promise<never> {
  await Promise.all([
    new Promise((resolve) => writeToStdout("", resolve)),
    new Promise((resolve) => process.stderr.write("", resolve)),
  ]);
  process.exit();
}
