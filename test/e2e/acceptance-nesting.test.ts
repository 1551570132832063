import { expect, it, onTestFinished } from "vitest";
import { fixture } from "../support/e2e-fixtures.ts";
import { aPlace, printed } from "../support/e2e-place.ts";

const descend = fixture("nesting.ts", "descend");
const descendMany = fixture("nesting.ts", "descendMany");

it("a task that calls itself five levels deep ends in a fleet of one replica with one slot", async () => {
  const place = aPlace(onTestFinished);
  const input = JSON.stringify({ depth: 5, root: 0 });
  const run = printed(await place.drover(["run", descend, "--json", "--input", input]));
  expect(run).toMatchObject({ status: "succeeded", output: 5, actions: { total: 6, succeeded: 6 } });
});

it("so do two hundred of them at once, eight levels deep", async () => {
  const place = aPlace(onTestFinished);
  const input = JSON.stringify({ roots: 200, depth: 8 });
  const run = printed(await place.drover(["run", descendMany, "--json", "--input", input]));
  const total = 200 * 9 + 1;
  expect(run).toMatchObject({ status: "succeeded", actions: { total, succeeded: total } });
  expect(run.output).toEqual(Array(200).fill(8));
});

it("and they end where their only replica is killed again and again", async () => {
  const place = aPlace(onTestFinished);
  const input = JSON.stringify({ roots: 100, depth: 8 });
  const host = place.start(["run", descendMany, "--json", "--input", input]);
  let isOver = false;
  const killing = (async () => {
    for (let kills = 0; kills < 4 && !isOver; kills += 1) {
      await new Promise((resolve) => setTimeout(resolve, 400));
      for (const { pid } of place.replicas()) process.kill(pid, "SIGKILL");
    }
  })();
  const run = printed(await host.exited);
  isOver = true;
  await killing;
  const total = 100 * 9 + 1;
  expect(run).toMatchObject({ status: "succeeded", actions: { total, succeeded: total } });
  expect(run.output).toEqual(Array(100).fill(8));
});
