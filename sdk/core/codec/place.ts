/**
 * Where the walk of a value stands: on which objects, from the root down, and by which key of each.
 *
 * `containers` up to `depth` are the ancestors of the place; meeting one of them again is a cycle.
 */
export class Place {
  depth = 0;
  #containers: (object | null)[] = [];
  /** Null where nothing inside of the container has been reached yet. */
  #keys: (string | number | null)[] = [];

  /** The number of levels above an ancestor that is this very object, or -1. */
  levelOf(value: object): number {
    for (let level = 0; level < this.depth; level++) {
      if (this.#containers[level] === value) return level;
    }
    return -1;
  }

  enter(container: object): void {
    this.#keys[this.depth] = null;
    this.#containers[this.depth++] = container;
  }

  /** Lets go of the container too: a writer that waits for its next use keeps no value alive. */
  leave(): void {
    this.#containers[--this.depth] = null;
  }

  /** The way onward from the innermost container: a property, an index, or the running number of an entry. */
  at(key: string | number): void {
    this.#keys[this.depth - 1] = key;
  }

  clear(): void {
    this.depth = 0;
    this.#containers = [];
    this.#keys = [];
  }

  /** In words, `root` being the name of the whole value: `input.items[3].when`. */
  path(root: string, depth: number): string {
    let text = root;
    for (let level = 0; level < depth; level++) {
      const key = this.#keys[level] ?? null;
      if (key !== null) text += segment(this.#containers[level] as object, key);
    }
    if (text.length <= pathLengthMax) return text;
    return `${text.slice(0, pathLengthMax / 2)}…${text.slice(-pathLengthMax / 2)}`;
  }
}

const pathLengthMax = 200;

function segment(container: object, key: string | number): string {
  if (container instanceof Map) return mapSegment(container, Number(key));
  if (container instanceof Set) return `.values()[${key}]`;
  if (typeof key === "number") return `[${key}]`;
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

/** Entry n of a map is number 2n for its key and 2n + 1 for its value. */
function mapSegment(map: ReadonlyMap<unknown, unknown>, number: number): string {
  const index = Math.floor(number / 2);
  if (number % 2 === 0) return `.keys()[${index}]`;
  const key = [...map.keys()][index];
  return typeof key === "string" || typeof key === "number"
    ? `.get(${JSON.stringify(key)})`
    : `.values()[${index}]`;
}
