/** What a process prints, line by line. */
import type { Readable } from "node:stream";

/** Longer lines are cut here, and say so. */
const lineCharactersMax = 64 * 1024;
const cutMark = " … (the line is longer and was cut)";

/** Calls back for each line, without its end; for a last one without an end too. */
export function followLines(stream: Readable, onLine: (text: string) => void): void {
  const lines = new LineCutter(onLine);
  stream.setEncoding("utf8");
  stream.on("data", (text: string) => lines.add(text));
  stream.on("end", () => lines.end());
  stream.on("error", () => undefined);
}

class LineCutter {
  readonly #onLine: (text: string) => void;
  #unfinished = "";

  constructor(onLine: (text: string) => void) {
    this.#onLine = onLine;
  }

  add(text: string): void {
    const lines = text.split("\n");
    const last = lines.pop() ?? "";
    for (const line of lines) {
      this.#grow(line);
      this.#emit();
    }
    this.#grow(last);
  }

  end(): void {
    if (this.#unfinished !== "") this.#emit();
  }

  /** One character more than is shown is kept, to know that there was more. */
  #grow(text: string): void {
    this.#unfinished += text.slice(0, lineCharactersMax + 1 - this.#unfinished.length);
  }

  #emit(): void {
    const line = this.#unfinished.replace(/\r$/, "");
    this.#unfinished = "";
    this.#onLine(line.length > lineCharactersMax ? line.slice(0, lineCharactersMax) + cutMark : line);
  }
}
