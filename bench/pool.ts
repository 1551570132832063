/** Calls `fn` for 0 … count − 1, at most `width` at once, and gives the results in that order. */
export async function pool<Out>(
  count: number,
  width: number,
  fn: (index: number) => Promise<Out>,
): Promise<Out[]> {
  const results = new Array<Out>(count);
  let next = 0;
  const lane = async () => {
    while (next < count) {
      const index = next++;
      results[index] = await fn(index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, count) }, lane));
  return results;
}
