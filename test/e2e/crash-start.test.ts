import { mkdirSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as wait } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { fixture } from "../support/e2e-fixtures.ts";
import { aPlace, ifAny, printed } from "../support/e2e-place.ts";
import { draws, loopCount } from "../support/e2e-random.ts";

const rounds = loopCount(4);

it("a host killed while it starts leaves nothing that the next one stumbles over", {
  timeout: 60_000 + rounds * 20_000,
}, async () => {
  const draw = draws("start");
  for (let round = 0; round < rounds; round += 1) {
    const place = aPlace(onTestFinished);
    const args = ["run", fixture("nesting.ts", "descend"), "--name", "early", "--json"];
    const input = ["--input", JSON.stringify({ depth: 2, root: 0 })];
    for (let kills = 0; kills < 3; kills += 1) {
      const host = place.start([...args, ...input]);
      await wait(draw() * 700);
      host.signal("SIGKILL");
      await host.exited;
    }
    const started = await ifAny(() => place.view((view) => view.readRun("early")));
    const next = started === null ? [...args, ...input] : ["resume", "early", "--json"];
    expect(printed(await place.drover(next))).toMatchObject({ status: "succeeded", output: 2 });
  }
});

it("a state file whose tables were never made is no state", async () => {
  const place = aPlace(onTestFinished);
  mkdirSync(place.state);
  new DatabaseSync(`${place.state}/state.db`).close();
  const resumed = await place.drover(["resume", "--json"]);
  expect(resumed.code).toBe(2);
  expect(printed(resumed).error?.code).toBe("NO_STATE");
  const input = ["--input", JSON.stringify({ depth: 0, root: 0 })];
  const run = await place.drover(["run", fixture("nesting.ts", "descend"), "--json", ...input]);
  expect(printed(run).status).toBe("succeeded");
});

it("there is nothing to resume after a run that has ended", async () => {
  const place = aPlace(onTestFinished);
  const input = ["--input", JSON.stringify({ depth: 0, root: 0 })];
  await place.drover(["run", fixture("nesting.ts", "descend"), "--name", "done", "--json", ...input]);
  const all = await place.drover(["resume", "--json"]);
  expect(all.code).toBe(0);
  expect(JSON.parse(all.stdout)).toEqual({ runs: [] });
  const one = await place.drover(["resume", "done", "--json"]);
  expect(one.code).toBe(0);
  expect(printed(one)).toMatchObject({ run: "done", status: "succeeded", output: 0 });
});

it("a host is refused while another has the folder, and does it no harm", async () => {
  const place = aPlace(onTestFinished);
  const walk = JSON.stringify({ dir: place.dir, count: 15 });
  const first = place.start([
    "run",
    fixture("steps.ts", "walks"),
    "--name",
    "first",
    "--json",
    "--input",
    walk,
  ]);
  while ((await ifAny(() => place.view((view) => view.readRun("first")))) === null) await wait(20);
  const second = await place.drover(["resume", "first", "--json"]);
  expect(second.code).toBe(2);
  expect(printed(second).error).toMatchObject({
    code: "HOST_RUNNING",
    message: expect.stringContaining(`process ${first.pid}`),
  });
  expect(printed(await first.exited).status).toBe("succeeded");
});
