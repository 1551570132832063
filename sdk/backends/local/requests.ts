/** What other processes ask the host to do: left in the state file, so that it also reaches a host that starts later. */
import type { Clock } from "../../ports.ts";
import type { Database } from "./database.ts";
import { openForeignStateFile } from "./database-file.ts";
import { realClock } from "./real-clock.ts";

export interface HostRequest {
  readonly run: string;
  readonly kind: "abort";
  /** Why, in words for the user of the run. */
  readonly reason: string;
}

/** How often the host looks whether another process has written to the file. */
const pollMs = 200;

export class Requests {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #closing = new AbortController();

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /**
   * Hands over every request, those that are waiting first. One is gone when the handler has resolved; where it rejects, the
   * request is handed over again at the next look.
   */
  onRequest(handler: (request: HostRequest) => Promise<void>, signal: AbortSignal): void {
    const stopping = AbortSignal.any([signal, this.#closing.signal]);
    void this.#poll(handler, stopping);
  }

  close(): void {
    this.#closing.abort();
  }

  async #poll(handler: (request: HostRequest) => Promise<void>, stopping: AbortSignal): Promise<void> {
    let seen: number | null = null;
    while (!stopping.aborted) {
      // It changes with what others commit, and not with what the host does.
      const { data_version: version } = this.#database.statement("PRAGMA data_version").get() as {
        data_version: number;
      };
      if (version !== seen) {
        const isDone = await this.#handleAll(handler, stopping);
        seen = isDone ? version : null;
      }
      await this.#clock.wait(pollMs, stopping);
    }
  }

  async #handleAll(
    handler: (request: HostRequest) => Promise<void>,
    stopping: AbortSignal,
  ): Promise<boolean> {
    const rows = this.#database.statement(listSql).all() as unknown as (HostRequest & {
      readonly id: number;
    })[];
    let isDone = true;
    for (const { id, run, kind, reason } of rows) {
      if (stopping.aborted) return false;
      try {
        await handler({ run, kind, reason });
        await this.#database.write(() => this.#database.statement(removeSql).run(id));
      } catch {
        // It stays for the next look; those behind it do not wait for it.
        isDone = false;
      }
    }
    return isDone;
  }
}

/**
 * Leaves a request for the host of the folder, whether one is running or not. Not for the process of the host itself,
 * which would wait for its own transaction.
 *
 * @throws DroverError with code `NO_STATE` where the folder holds no state.
 */
export function fileRequest(dir: string, request: HostRequest): void {
  const file = openForeignStateFile(dir, "request");
  try {
    file.prepare(insertSql).run(request.run, request.kind, request.reason, realClock.nowMs());
  } finally {
    file.close();
  }
}

const listSql = "SELECT id, run, kind, reason FROM requests ORDER BY id";
const insertSql = "INSERT INTO requests (run, kind, reason, created_ms) VALUES (?, ?, ?, ?)";
const removeSql = "DELETE FROM requests WHERE id = ?";
