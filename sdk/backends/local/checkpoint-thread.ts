/**
 * The thread that moves the log of the state file into the file. A checkpoint waits for the disk, some tens of milliseconds each;
 * in the host's own thread, everything would wait with it.
 */
import { DatabaseSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";

const file = new DatabaseSync(workerData as string, { timeout: 0 });
const checkpoint = file.prepare("PRAGMA wal_checkpoint(PASSIVE)");

parentPort?.on("message", () => {
  try {
    checkpoint.all();
  } catch {
    // Busy, or the disk does not take it now: the log stays as it is until the next time.
  }
});
