import { mkdirSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { Database } from "../../sdk/backends/local/database.ts";
import { openStateFile } from "../../sdk/backends/local/database-file.ts";
import { Actions } from "../../sdk/backends/local/store-actions.ts";
import { ActionIndex } from "../../sdk/backends/local/store-index.ts";
import { AllTotals } from "../../sdk/backends/local/store-totals.ts";
import { Unsettled } from "../../sdk/backends/local/store-unsettled.ts";
import { aSpec, aState } from "../support/records.ts";
import { stateFolder } from "./local-folder.ts";

const opened: Database[] = [];
afterEach(() => {
  for (const database of opened.splice(0)) database.close();
});

/** The tables in the file of the folder, as a host that starts finds them. */
function openTables(dir: string) {
  mkdirSync(dir, { recursive: true });
  const file = openStateFile(dir, "process");
  const database = new Database(file);
  opened.push(database);
  const totals = new AllTotals(database);
  const index = new ActionIndex(database, totals);
  return {
    file,
    database,
    index,
    actions: new Actions(database, index, totals),
    unsettled: new Unsettled(database, index),
  };
}

function filedCount(database: Database): number {
  return (database.statement("SELECT count(*) AS n FROM filed_ids").get() as { n: number }).n;
}

const ids = Array.from({ length: 20_500 }, (_, n) => `r/${((n * 7_919) % 20_507).toString(36)}`);

describe("the index of actions", () => {
  it("finds every action while its id is being filed, afterwards, and after a restart at any point", async () => {
    const dir = stateFolder();
    const { database, actions, unsettled } = openTables(dir);
    for (let first = 0; first < ids.length; first += 500) {
      const some = ids.slice(first, first + 500);
      await database.writeSteps(() => actions.putSpecs(some.map((id) => aSpec({ id }))));
    }
    // Settled ones leave the memory once they are filed: it must find them in the file.
    await unsettled.settle(ids.filter((_, n) => n % 2 === 0));
    const filedSeen: number[] = [];
    for (let turns = 0; turns < 60 && filedSeen.at(-1) !== 20_000; turns++) {
      filedSeen.push(filedCount(database));
      if (turns % 20 === 5) {
        const { index } = openTables(dir);
        for (const id of ids) expect(index.find(id)?.totals.run).toBe("r");
      }
      for (const id of [ids[turns], ids[20_499 - turns]] as string[]) expect(actions.specOf(id)?.id).toBe(id);
      await database.write(() => undefined);
    }
    expect(filedSeen.some((count) => count > 0 && count < 20_000)).toBe(true);
    expect(filedCount(database)).toBe(20_000);
    for (const id of ids) expect(actions.specOf(id)?.id).toBe(id);
    for (const id of ids) expect(actions.has(`${id}-missing`)).toBe(false);
  });

  it("an id that is written again after it was filed and forgotten is still one action", async () => {
    const { database, actions, unsettled } = openTables(stateFolder());
    for (let first = 0; first < ids.length; first += 500) {
      await database.writeSteps(() =>
        actions.putSpecs(ids.slice(first, first + 500).map((id) => aSpec({ id }))),
      );
    }
    await unsettled.settle(ids);
    while (filedCount(database) < 20_000) await database.write(() => undefined);
    const [again = ""] = ids;
    await database.writeSteps(() => actions.putSpecs([aSpec({ id: again, ordinal: 7 })]));
    expect(actions.specOf(again)?.ordinal).toBe(7);
    const { n } = database.statement("SELECT count(*) AS n FROM actions").get() as { n: number };
    expect(n).toBe(ids.length);
  });

  it("what a lost commit wrote is forgotten, and can be written again", async () => {
    const { file, database, actions } = openTables(stateFolder());
    file.exec(`PRAGMA foreign_keys = ON;
      CREATE TABLE owed (n INTEGER REFERENCES actions DEFERRABLE INITIALLY DEFERRED)`);
    const kept = database.writeSteps(() => actions.putSpecs([aSpec({ id: "r/kept" })]));
    await kept;
    const lost = [
      database.writeSteps(() => actions.putSpecs([aSpec({ id: "r/lost" })])),
      database.write(() => actions.compareAndSet(aState({ id: "r/kept" }), null)),
      database.write(() => database.statement("INSERT INTO owed VALUES (99)").run()),
    ];
    for (const one of lost) await expect(one).rejects.toMatchObject({ code: "STORAGE" });
    expect([actions.has("r/lost"), actions.stateOf("r/kept")]).toEqual([false, null]);
    await database.writeSteps(() => actions.putSpecs([aSpec({ id: "r/lost" })]));
    const result = await database.write(() => actions.compareAndSet(aState({ id: "r/kept" }), null));
    expect(result).toEqual({ ok: true });
    expect(database.statement("SELECT queued, running FROM run_totals").all()).toEqual([
      { queued: 1, running: 1 },
    ]);
  });
});
