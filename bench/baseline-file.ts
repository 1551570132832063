/** The simplest durable store there is: one row and one commit for each checkpoint. */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Durability } from "drover/local";
import type { Checkpoint } from "./workload.ts";

export function openBaseline(dir: string, durability: Durability): { checkpoint: Checkpoint; close(): void } {
  const database = new DatabaseSync(join(dir, "baseline.db"));
  database.exec("PRAGMA journal_mode = WAL");
  database.exec(`PRAGMA synchronous = ${durability === "power" ? "FULL" : "NORMAL"}`);
  database.exec("CREATE TABLE checkpoints (key TEXT PRIMARY KEY, value TEXT NOT NULL)");
  const insert = database.prepare("INSERT INTO checkpoints (key, value) VALUES (?, ?)");
  return {
    checkpoint: (key, value) => {
      insert.run(key, JSON.stringify(value));
    },
    close: () => database.close(),
  };
}
