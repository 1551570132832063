/**
 * A token bucket over all calls: `burst` calls at once, `perSecond` in the long run. Each call of the returned function
 * takes a token and returns 0, or takes none and returns how many milliseconds to stay away.
 */
export function rateLimit(perSecond: number, burst: number, nowMs: () => number): () => number {
  let tokens = burst;
  let filledAtMs = nowMs();
  return () => {
    const atMs = nowMs();
    tokens = Math.min(burst, tokens + ((atMs - filledAtMs) / 1000) * perSecond);
    filledAtMs = atMs;
    if (tokens < 1) return ((1 - tokens) / perSecond) * 1000;
    tokens -= 1;
    return 0;
  };
}
