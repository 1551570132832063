import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/**
 * The service stands for a vendor's, so it has to outlive whatever happens to the run that calls it. It is therefore no
 * child of the run: it is started detached, writes its address to a file that later runs find, and ends itself after an
 * hour without a call. A run that is resumed within that hour finds its jobs where it left them.
 */
const idleMinutes = 60;
const startMsMax = 15_000;
const lookEveryMs = 50;

export interface Vendor {
  readonly url: string;
  /** New for each run. With the number of a batch it makes the idempotency key. */
  readonly session: string;
}

/** Opens a session with the service at the URL, or, without one, with this machine's own service of that seed. */
export async function openSession(url: string | null, seed: number): Promise<Vendor> {
  return { url: url?.replace(/\/+$/, "") ?? (await localService(seed)), session: randomUUID() };
}

/** The URL of the service of that seed, which is started when it does not answer. */
export async function localService(seed: number, folder = ".drover"): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const name = join(resolve(folder), `documents-service-${seed}`);
  const address = `${name}.json`;
  const running = await answeringUrl(address, seed);
  if (running !== null) return running;
  start(seed, address, `${name}-stats.json`, `${name}.log`);
  for (let waitedMs = 0; waitedMs < startMsMax; waitedMs += lookEveryMs) {
    await wait(lookEveryMs);
    // Two runs that start at once may both get here. Each keeps the service it finds first; both services are good.
    const started = await answeringUrl(address, seed);
    if (started !== null) return started;
  }
  throw new Error(`The document service did not start within ${startMsMax / 1000} s; ${name}.log says why.`);
}

function start(seed: number, address: string, stats: string, log: string): void {
  const main = fileURLToPath(new URL("service/main.ts", import.meta.url));
  const flags = [
    "--seed",
    `${seed}`,
    "--idle-minutes",
    `${idleMinutes}`,
    "--address",
    address,
    "--stats",
    stats,
  ];
  const out = openSync(log, "a");
  spawn(process.execPath, [main, ...flags], { detached: true, stdio: ["ignore", out, out] }).unref();
  closeSync(out);
}

/** Asks, because the file may be left over from a service that has ended and its port may belong to someone else now. */
async function answeringUrl(address: string, seed: number): Promise<string | null> {
  try {
    const { url } = JSON.parse(await readFile(address, "utf8")) as { url: string };
    const response = await fetch(`${url}/health`, { signal: AbortSignal.timeout(2_000) });
    const health = (await response.json()) as { service?: string; seed?: number };
    return health.service === "documents" && health.seed === seed ? url : null;
  } catch {
    return null;
  }
}
