import { DatabaseSync } from "node:sqlite";
import { afterEach, describe, expect, it } from "vitest";
import { Database } from "../../sdk/backends/local/database.ts";

const opened: Database[] = [];
afterEach(() => {
  for (const database of opened.splice(0)) database.close();
});

/** `notes` takes one row a number; `owed` breaks the commit of whoever writes to it. */
function openDatabase(): Database {
  const file = new DatabaseSync(":memory:");
  file.exec(`PRAGMA foreign_keys = ON;
    CREATE TABLE notes (n INTEGER PRIMARY KEY);
    CREATE TABLE owed (n INTEGER REFERENCES notes DEFERRABLE INITIALLY DEFERRED);`);
  const database = new Database(file);
  opened.push(database);
  return database;
}

function note(database: Database, n: number): Promise<unknown> {
  return database.write(() => database.statement("INSERT INTO notes VALUES (?)").run(n));
}

function notes(database: Database): number[] {
  const rows = database.statement("SELECT n FROM notes ORDER BY n").all() as unknown as { n: number }[];
  return rows.map((row) => row.n);
}

const broken = { code: "STORAGE", retryable: true };

describe("group commit", () => {
  it("all writes of one turn are one transaction, also those that reactions to it add", async () => {
    const database = openDatabase();
    const writes = Array.from({ length: 50 }, (_, n) => note(database, n));
    await Promise.resolve();
    await Promise.all([...writes, note(database, 50)]);
    expect(database.commits).toBe(1);
    await note(database, 51);
    expect(database.commits).toBe(2);
    expect(notes(database)).toHaveLength(52);
  });

  it("a write takes place at once, and is acknowledged after the commit", async () => {
    const database = openDatabase();
    let commitsSeen = -1;
    const written = note(database, 1).then(() => {
      commitsSeen = database.commits;
    });
    expect(notes(database)).toEqual([1]);
    await Promise.resolve();
    expect([commitsSeen, database.commits]).toEqual([-1, 0]);
    await written;
    expect(commitsSeen).toBe(1);
  });

  it("a write that fails rejects alone, and leaves the others of its turn", async () => {
    const database = openDatabase();
    const results = await Promise.allSettled([note(database, 1), note(database, 1), note(database, 2)]);
    expect(results.map((result) => result.status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(results[1]).toMatchObject({ reason: broken });
    expect(notes(database)).toEqual([1, 2]);
  });

  it("of several statements all or none take place", async () => {
    const database = openDatabase();
    await note(database, 1);
    const before = note(database, 2);
    const failing = database.writeSteps(() => {
      for (const n of [3, 4, 1]) database.statement("INSERT INTO notes VALUES (?)").run(n);
    });
    const after = note(database, 5);
    await expect(failing).rejects.toMatchObject(broken);
    await Promise.all([before, after]);
    expect(notes(database)).toEqual([1, 2, 5]);
  });

  it("a commit that fails rejects every write of its turn, and the next turn is a new one", async () => {
    const database = openDatabase();
    const lost: string[] = [];
    database.listen({ afterRollback: () => lost.push("rollback"), afterCommit: () => lost.push("commit") });
    const results = await Promise.allSettled([
      note(database, 1),
      database.write(() => database.statement("INSERT INTO owed VALUES (99)").run()),
      database.read(() => notes(database)),
    ]);
    expect(results.map((result) => result.status)).toEqual(["rejected", "rejected", "rejected"]);
    expect(notes(database)).toEqual([]);
    await note(database, 2);
    expect(notes(database)).toEqual([2]);
    expect(lost).toEqual(["rollback", "commit"]);
  });

  it("a read that may have seen what is not durable is answered after the commit", async () => {
    const database = openDatabase();
    const written = note(database, 1);
    let seen: number[] | null = null;
    const reading = database
      .read(() => notes(database))
      .then((found) => {
        seen = found;
      });
    for (let reactions = 0; reactions < 10; reactions++) await Promise.resolve();
    expect(seen).toBeNull();
    await Promise.all([written, reading]);
    expect(seen).toEqual([1]);
    expect(await database.read(() => notes(database))).toEqual([1]);
    expect(database.commits).toBe(1);
  });

  it("closing commits what is open, and then refuses", async () => {
    const database = openDatabase();
    const written = note(database, 1);
    database.close();
    await written;
    for (const late of [note(database, 2), database.read(() => 1), database.settled()]) {
      await expect(late).rejects.toMatchObject({ code: "CLOSED" });
    }
  });
});
