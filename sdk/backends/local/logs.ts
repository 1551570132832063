/** Lines that actions log and replicas print: one file a run, and one for what belongs to none. */
import { createReadStream, createWriteStream, existsSync, mkdirSync, type WriteStream } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** One line of a log, from an action's logger or from what a replica printed. */
export interface LocalLogLine {
  /** Name of the run; null for what a replica printed outside of any action. */
  readonly run: string | null;
  /** Id of the action within its run; null for what a replica printed outside of any. */
  readonly action: string | null;
  /** Id of the replica that it came from. */
  readonly replica: string;
  /** As logged; `stdout` and `stderr` for what was printed. */
  readonly level: "debug" | "info" | "warn" | "error" | "stdout" | "stderr";
  /** The line, without its end. */
  readonly text: string;
  /** What was logged with it; null where there was nothing. */
  readonly fields: Readonly<Record<string, unknown>> | null;
  /** When it was logged, in milliseconds since 1970. */
  readonly timeMs: number;
}

const openFilesMax = 32;
const withoutRun = "_replicas";

function logFilePath(dir: string, run: string | null): string {
  return join(dir, "logs", `${run ?? withoutRun}.jsonl`);
}

/** Appends lines; the files of the runs that logged last stay open. */
export class LogWriter {
  readonly #dir: string;
  readonly #streams = new Map<string, WriteStream>();

  constructor(dir: string) {
    this.#dir = dir;
    mkdirSync(join(dir, "logs"), { recursive: true });
  }

  write(line: LocalLogLine): void {
    this.#stream(logFilePath(this.#dir, line.run)).write(`${JSON.stringify(line)}\n`);
  }

  /** Resolves when all lines are in their files. */
  async close(): Promise<void> {
    const ended = [...this.#streams.values()].map(
      (stream) => new Promise<void>((resolve) => stream.end(() => resolve())),
    );
    this.#streams.clear();
    await Promise.all(ended);
  }

  #stream(path: string): WriteStream {
    const open = this.#streams.get(path);
    if (open !== undefined) return open;
    const [oldest] = this.#streams;
    if (oldest !== undefined && this.#streams.size >= openFilesMax) {
      oldest[1].end();
      this.#streams.delete(oldest[0]);
    }
    const stream = createWriteStream(path, { flags: "a" });
    // A full disk must not end the host; what is lost are log lines.
    stream.on("error", () => this.#streams.delete(path));
    this.#streams.set(path, stream);
    return stream;
  }
}

/** The lines of a run so far, oldest first; those of one action, if given. A line that is cut off is left out. */
export async function* readLogs(
  dir: string,
  run: string,
  filter: { readonly action?: string; readonly skip?: number } = {},
): AsyncGenerator<LocalLogLine, void, undefined> {
  const path = logFilePath(dir, run);
  if (!existsSync(path)) return;
  let toSkip = filter.skip ?? 0;
  for await (const text of createInterface({
    input: createReadStream(path),
    crlfDelay: Number.POSITIVE_INFINITY,
  })) {
    if (toSkip > 0) {
      toSkip -= 1;
      continue;
    }
    const line = parseLine(text);
    if (line === null) continue;
    if (filter.action === undefined || line.action === filter.action) yield line;
  }
}

function parseLine(text: string): LocalLogLine | null {
  try {
    return JSON.parse(text) as LocalLogLine;
  } catch {
    return null;
  }
}
