/** How the file `state.db` is opened: by its host for everything, by other processes to look, or to leave a request. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { DroverError } from "../../core/errors.ts";
import { checkVersion, hasTables, prepareSchema } from "./schema.ts";

/**
 * What finished writes survive: `process` the death of every process, `power` also that of the machine. The latter costs
 * a flush of the disk for each turn of the host.
 */
export type Durability = "process" | "power";

/** How long a statement waits for another process that is writing. */
const busyMsMax = 5_000;
/** The checkpoint thread moves the log into the file; should it fall behind, this many pages of 4 KiB are the bound. */
const checkpointPages = 15_000;
const logBytesKeptMax = 64 * 1024 * 1024;
const cacheKibibytes = 64 * 1024;

export function stateFilePath(dir: string): string {
  return join(dir, "state.db");
}

/** The file, created where there is none. Only the holder of the host lock may write with it. */
export function openStateFile(dir: string, durability: Durability): DatabaseSync {
  const path = stateFilePath(dir);
  const file = new DatabaseSync(path, { timeout: busyMsMax });
  try {
    file.exec("PRAGMA journal_mode = WAL");
    file.exec(`PRAGMA synchronous = ${durability === "power" ? "FULL" : "NORMAL"}`);
    file.exec(
      `PRAGMA wal_autocheckpoint = ${checkpointPages}; PRAGMA journal_size_limit = ${logBytesKeptMax}`,
    );
    file.exec(`PRAGMA cache_size = -${cacheKibibytes}; PRAGMA temp_store = MEMORY`);
    prepareSchema(file, path);
    return file;
  } catch (error) {
    file.close();
    throw error;
  }
}

/** The file as another process than its host sees it. @throws DroverError with code `NO_STATE` where there is none. */
export function openForeignStateFile(dir: string, access: "read" | "request"): DatabaseSync {
  const path = stateFilePath(dir);
  if (!existsSync(path)) throw noState(dir);
  const file = new DatabaseSync(path, { timeout: busyMsMax, readOnly: access === "read" });
  try {
    if (!hasTables(file)) throw noState(dir);
    checkVersion(file, path);
    return file;
  } catch (error) {
    file.close();
    throw error;
  }
}

function noState(dir: string): DroverError {
  return new DroverError(
    `There is no state in ${dir}. Start a run there first, or name another state folder.`,
    { code: "NO_STATE", kind: "user", retryable: false },
  );
}
