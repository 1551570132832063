import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { fixture } from "../support/e2e-fixtures.ts";
import { aPlace, type Place, printed } from "../support/e2e-place.ts";
import { eventually } from "../support/e2e-wait.ts";

it("a run that is aborted by another process ends with all its descendants, and its host goes", async () => {
  const place = aPlace(onTestFinished);
  const { host, file } = await aFamily(place, "family");
  const abortedMs = Date.now();
  const abort = await place.drover(["abort", "family", "--reason", "enough", "--json"]);
  expect(abort.code).toBe(0);
  expect(printed(abort).status).toBe("aborted");
  const exit = await host.exited;
  console.log(`aborted, and its host gone, in ${Date.now() - abortedMs} ms`);
  expect(exit.code).toBe(1);
  expect(printed(exit)).toMatchObject({ status: "aborted", error: { name: "ActionAbortedError" } });
  expect(printed(exit).error?.message).toContain("enough");
  expect(place.processes()).toEqual([]);
  await expectNothingLeft(place, "family", file);
});

it("a run that is aborted where it has no host ends with all its descendants", async () => {
  const place = aPlace(onTestFinished);
  const { host, file } = await aFamily(place, "family");
  host.signal("SIGKILL");
  await host.exited;
  await place.untilNoReplicas();
  const abort = await place.drover(["abort", "family", "--json"]);
  expect(abort.code).toBe(0);
  await expectNothingLeft(place, "family", file);
  expect(JSON.parse((await place.drover(["resume", "--json"])).stdout)).toEqual({ runs: [] });
});

it("when a parent fails, its unfinished children and theirs are aborted, and its own parent goes on", async () => {
  const place = aPlace(onTestFinished);
  const { host, file } = await aFamily(place, "failingFamily");
  const run = printed(await host.exited);
  expect(run).toMatchObject({ status: "succeeded", output: "The parent has had enough." });
  expect(run.actions).toMatchObject({ total: 8, succeeded: 1, failed: 1, aborted: 6 });
  await expectNothingLeft(place, "family", file);
});

/** A run named `family` whose leaves are at work. */
async function aFamily(place: Place, task: string) {
  const file = join(place.dir, "beats.txt");
  const input = JSON.stringify({ file });
  const host = place.start([
    "run",
    fixture("families.ts", task),
    "--name",
    "family",
    "--json",
    "--input",
    input,
  ]);
  await eventually("the leaves are at work", () => beatsIn(file) > 20);
  return { host, file };
}

async function expectNothingLeft(place: Place, run: string, file: string): Promise<void> {
  const { actions } = await place.view((view) => view.catalog.summarize(run));
  expect(actions).toMatchObject({ queued: 0, running: 0, suspended: 0 });
  const beats = beatsIn(file);
  await wait(500);
  expect(beatsIn(file)).toBe(beats);
}

function beatsIn(file: string): number {
  try {
    return readFileSync(file, "utf8").split("\n").length - 1;
  } catch {
    return 0;
  }
}
