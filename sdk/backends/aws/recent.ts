/** Remembers the latest facts, and forgets the oldest beyond a number: for what can be found out again. */
export class Recent<Fact> {
  readonly #facts = new Map<string, Fact>();
  readonly #countMax: number;

  constructor(countMax: number) {
    this.#countMax = countMax;
  }

  get(key: string): Fact | undefined {
    return this.#facts.get(key);
  }

  set(key: string, fact: Fact): void {
    this.#facts.delete(key);
    this.#facts.set(key, fact);
    if (this.#facts.size <= this.#countMax) return;
    const [oldest] = this.#facts.keys();
    if (oldest !== undefined) this.#facts.delete(oldest);
  }
}
