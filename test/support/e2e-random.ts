/** Random moments that can be had again: every test of a kind draws its own from one seed, which is printed. */
import { createHash } from "node:crypto";

const seed = process.env.DROVER_SEED ?? String(Date.now() % 1_000_000);
const loops = process.env.DROVER_LOOPS;

/** How often a loop goes round; `DROVER_LOOPS=20` for the full number. */
export function loopCount(usual: number): number {
  return loops === undefined ? usual : Math.max(1, Number(loops));
}

/** Numbers in [0, 1), the same again for the same `DROVER_SEED` and subject. */
export function draws(subject: string): () => number {
  console.log(`${subject}: DROVER_SEED=${seed}`);
  let count = 0;
  return () => {
    count += 1;
    const hash = createHash("sha256").update(`${seed} ${subject} ${count}`).digest();
    return hash.readUInt32BE() / 2 ** 32;
  };
}
