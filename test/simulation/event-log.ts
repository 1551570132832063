/** What happened, for people to read and for a hash that tells whether two runs were the same. */
export class EventLog {
  readonly #isVerbose: boolean;
  readonly #kept: string[] = [];
  readonly #keptMax: number;
  #hash = 0x811c9dc5;
  #count = 0;

  constructor(options: { readonly isVerbose: boolean; readonly keptMax: number }) {
    this.#isVerbose = options.isVerbose;
    this.#keptMax = options.keptMax;
  }

  get hash(): string {
    return `${this.#hash.toString(16).padStart(8, "0")}-${this.#count}`;
  }

  /** The last lines. */
  get tail(): readonly string[] {
    return this.#kept.slice(-this.#keptMax);
  }

  add(atMs: number, who: string, what: string): void {
    const line = `${(atMs / 1_000).toFixed(3).padStart(11)} ${who.padEnd(9)} ${what}`;
    this.#count += 1;
    for (let place = 0; place < line.length; place += 1) {
      this.#hash = Math.imul(this.#hash ^ line.charCodeAt(place), 0x01000193) >>> 0;
    }
    if (this.#isVerbose) process.stdout.write(`${line}\n`);
    this.#kept.push(line);
    if (this.#kept.length > 4 * this.#keptMax) this.#kept.splice(0, this.#kept.length - this.#keptMax);
  }
}
