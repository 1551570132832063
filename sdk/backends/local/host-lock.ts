/**
 * One host per state folder. The lock is SQLite's own exclusive lock on a file that nothing else is in: the system takes
 * it back when the process ends, however it ends, so that a lock never outlives its holder.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { DroverError } from "../../core/errors.ts";

export interface HostLock {
  release(): void;
}

/** Long enough for who only looks whether the lock is taken, and keeps it from being taken meanwhile. */
const lockWaitMsMax = 250;

/** A lock file that nobody refers to would be closed by the garbage collector, and its lock given back. */
const locksHeld = new Set<DatabaseSync>();

/** @throws DroverError with code `HOST_RUNNING` while another process is the host. */
export function lockHost(dir: string): HostLock {
  mkdirSync(dir, { recursive: true });
  const file = new DatabaseSync(lockPath(dir), { timeout: lockWaitMsMax });
  try {
    file.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    file.close();
    throw isBusy(error) ? hostRunningError(dir) : error;
  }
  // Only to name the holder to others: the file may well be left over from a host that was killed.
  writeFileSync(holderPath(dir), `${JSON.stringify({ pid: process.pid })}\n`);
  locksHeld.add(file);
  const release = () => {
    if (locksHeld.delete(file)) file.close();
  };
  return { release };
}

/** True while some process is the host of the folder. */
export function hasHost(dir: string): boolean {
  if (!existsSync(lockPath(dir))) return false;
  const file = new DatabaseSync(lockPath(dir), { readOnly: true, timeout: 0 });
  try {
    file.prepare("SELECT count(*) FROM sqlite_master").get();
    return false;
  } catch (error) {
    if (isBusy(error)) return true;
    throw error;
  } finally {
    file.close();
  }
}

function hostRunningError(dir: string): DroverError {
  const pid = holderPid(dir);
  const who = pid === null ? "another process" : `process ${pid}`;
  return new DroverError(
    `The state folder ${dir} is in use by ${who}. Wait for its runs to end, stop that process, or use another folder.`,
    { code: "HOST_RUNNING", kind: "user", retryable: false },
  );
}

function holderPid(dir: string): number | null {
  try {
    const holder: unknown = JSON.parse(readFileSync(holderPath(dir), "utf8"));
    const pid = typeof holder === "object" && holder !== null && "pid" in holder ? holder.pid : null;
    return typeof pid === "number" ? pid : null;
  } catch {
    // The holder has the lock and is about to write its name.
    return null;
  }
}

function lockPath(dir: string): string {
  return join(dir, "host-lock.db");
}

function holderPath(dir: string): string {
  return join(dir, "host.json");
}

function isBusy(error: unknown): boolean {
  const sqliteBusy = 5;
  return error instanceof Error && "errcode" in error && error.errcode === sqliteBusy;
}
