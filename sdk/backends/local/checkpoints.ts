/** When the log of the state file is moved into the file: now and then while there is something to move. */
import { extname } from "node:path";
import { SHARE_ENV, Worker } from "node:worker_threads";
import type { Database } from "./database.ts";

const everyMs = 2_000;
/** A short run is over before it is worth a thread: what little there is moves when the file is closed. */
const commitsMin = 200;

export class Checkpoints {
  readonly #database: Database;
  readonly #path: string;
  readonly #timer: NodeJS.Timeout;
  #thread: Worker | null = null;
  #seenCommits = 0;

  constructor(database: Database, path: string) {
    this.#database = database;
    this.#path = path;
    this.#timer = setInterval(() => this.#look(), everyMs);
    this.#timer.unref();
  }

  close(): void {
    clearInterval(this.#timer);
    void this.#thread?.terminate();
    this.#thread = null;
  }

  #look(): void {
    const { commits } = this.#database;
    if (commits - this.#seenCommits < commitsMin) return;
    this.#seenCommits = commits;
    this.#thread ??= this.#start();
    this.#thread.postMessage("checkpoint");
  }

  #start(): Worker {
    const entry = new URL(`./checkpoint-thread${extname(import.meta.url)}`, import.meta.url);
    const thread = new Worker(entry, {
      workerData: this.#path,
      env: SHARE_ENV,
      resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 },
    });
    thread.unref();
    // Without it the log grows to its bound and is moved by the host itself.
    thread.on("error", () => {
      this.#thread = null;
    });
    return thread;
  }
}
