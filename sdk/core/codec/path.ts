/** Where the walk of a value stands, in words: `input.items[3].when`. */

const pathLengthMax = 200;

/**
 * @param root The name of the whole value.
 * @param containers The objects from the root down to the place.
 * @param keys For each of them the way to the next: a property, an index, or the running number of an entry.
 */
export function pathText(
  root: string,
  containers: readonly (object | null)[],
  keys: readonly (string | number)[],
): string {
  let text = root;
  for (let depth = 0; depth < containers.length; depth++) {
    const container = containers[depth];
    const key = keys[depth];
    if (container === undefined || container === null || key === undefined) break;
    text += segment(container, key);
  }
  return text.length <= pathLengthMax
    ? text
    : `${text.slice(0, pathLengthMax / 2)}…${text.slice(-pathLengthMax / 2)}`;
}

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
