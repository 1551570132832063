/**
 * A host that writes without end until it is killed. It prints the number of each action of which everything was
 * acknowledged; argument: its state folder.
 */
import { writeSync } from "node:fs";
import { openLocalBackend } from "../../sdk/backends/local/host-backend.ts";
import { aBatch, anEnd, anEntry, aSpec, aState, someBytes } from "../support/records.ts";

const [, , dir = ""] = process.argv;
const { store, blobs } = openLocalBackend({ dir });
setInterval(() => {}, 60_000);

async function writeOne(n: number): Promise<void> {
  const id = `crash/c${n}`;
  await store.putSpecs([aSpec({ id, parent: "crash/a0" })]);
  const running = aState({ id, parent: "crash/a0" });
  await store.writeState(running, null);
  await Promise.all([store.appendJournal(aBatch({ action: id })), blobs.put(id, someBytes(2_000, n))]);
  await store.writeState(anEnd(running), 1);
  await store.appendMailbox(id, 0, [anEntry({ child: id })]);
  writeSync(1, `${n}\n`);
}

/** Several at once, so that commits hold parts of many actions. */
async function writeEvery(step: number, first: number): Promise<void> {
  for (let n = first; ; n += step) await writeOne(n);
}

await Promise.all(Array.from({ length: 8 }, (_, first) => writeEvery(8, first)));
