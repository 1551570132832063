/** Lines at the end of a terminal that are drawn anew in place, with other lines scrolling by above them. */

/** 10 times a second is as often as an eye can follow. */
const redrawMs = 100;

const hideCursor = "\x1b[?25l";
const showCursor = "\x1b[?25h";
/** Long lines are cut by the terminal itself while this is off: a wrapped one would not be erased. */
const wrapOff = "\x1b[?7l";
const wrapOn = "\x1b[?7h";
/** Of a terminal that does not tell its size. */
const rowsDefault = 24;

export class LiveDisplay {
  readonly #stream: NodeJS.WriteStream;
  readonly #restore = () => this.#stream.write(wrapOn + showCursor);
  #lines: readonly string[] = [];
  #above = "";
  #drawnLines = 0;
  #timer: NodeJS.Timeout | null = null;
  #drawnMs = 0;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    stream.write(hideCursor);
    // Also for an end that nobody saw coming; SIGKILL alone leaves the cursor hidden.
    process.on("exit", this.#restore);
  }

  /** Replaces the lines. As many are shown as fit the screen. */
  show(lines: readonly string[]): void {
    if (lines.join("\n") === this.#lines.join("\n")) return;
    this.#lines = lines;
    this.#drawSoon();
  }

  /** Prints lines above the others, to stay. */
  print(text: string): void {
    this.#above += `${text}\n`;
    this.#drawSoon();
  }

  /** Takes the lines away, for good. */
  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#lines = [];
    this.#draw();
    this.#restore();
    process.off("exit", this.#restore);
  }

  #drawSoon(): void {
    if (this.#timer !== null) return;
    const waitMs = Math.max(0, this.#drawnMs + redrawMs - Date.now());
    this.#timer = setTimeout(() => this.#draw(), waitMs);
    this.#timer.unref();
  }

  #draw(): void {
    this.#timer = null;
    this.#drawnMs = Date.now();
    const lines = this.#lines.slice(0, Math.max(1, (this.#stream.rows || rowsDefault) - 1));
    const erase = this.#drawnLines === 0 ? "" : `\x1b[${this.#drawnLines}A\r\x1b[0J`;
    const block = lines.map((line) => `${line}\n`).join("");
    this.#stream.write(`${erase}${wrapOn}${this.#above}${wrapOff}${block}${wrapOn}`);
    this.#above = "";
    this.#drawnLines = lines.length;
  }
}
