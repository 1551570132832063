import { statSync } from "node:fs";
import { describe, expect, it, onTestFinished } from "vitest";
import { fixture } from "../support/e2e-fixtures.ts";
import { watchMemory } from "../support/e2e-memory.ts";
import { aPlace, ifAny, type Place, printed } from "../support/e2e-place.ts";
import { eventually } from "../support/e2e-wait.ts";

const count = Number(process.env.DROVER_NOOPS ?? 100_000);
const sum = (count * (count - 1)) / 2;
const megabyte = 1024 * 1024;

describe(`a run of ${count} actions`, { timeout: 300_000 }, () => {
  it("ends, its host within 600 MB, and is shown from its totals", async () => {
    const place = aPlace(onTestFinished);
    const memory = watchMemory(place);
    const run = printed(await start(place).exited);
    const peaks = memory.end();
    expect(run).toMatchObject({ status: "succeeded", output: sum, actions: { total: count + 1 } });
    const bytes = statSync(`${place.state}/state.db`).size;
    console.log(
      `${run.durationMs} ms, state ${Math.round(bytes / megabyte)} MB, peaks in MB:`,
      inMegabytes(peaks),
    );
    expect(peaks.host).toBeGreaterThan(0);
    expect(peaks.host).toBeLessThan(600 * megabyte);
    const shownMs = Date.now();
    const shown = printed(await place.drover(["show", "noops", "--json"]));
    console.log(`drover show: ${Date.now() - shownMs} ms`);
    expect(shown).toMatchObject({ status: "succeeded", actions: { succeeded: count + 1 } });
  });

  it("ends as well when its host is killed half way and it is resumed", async () => {
    const place = aPlace(onTestFinished);
    const host = start(place);
    await eventually(
      "half of it is done",
      async () => {
        const summary = await ifAny(() => place.view((view) => view.catalog.summarize("noops")));
        return (summary?.actions.succeeded ?? 0) > count / 2;
      },
      { withinMs: 200_000 },
    );
    host.signal("SIGKILL");
    await host.exited;
    await place.untilNoReplicas();
    const memory = watchMemory(place);
    const resumed = place.start(["resume", "noops", "--json", "--quiet"]);
    const run = printed(await resumed.exited);
    const peaks = memory.end();
    console.log("peaks after the resume in MB:", inMegabytes(peaks));
    expect(run).toMatchObject({ status: "succeeded", output: sum, actions: { total: count + 1 } });
    // It holds the unfinished half twice for a moment: on its queues, and in what the driver asks for at its start.
    expect(peaks.host).toBeLessThan(1_000 * megabyte);
  });
});

function start(place: Place) {
  const input = JSON.stringify({ count });
  return place.start([
    "run",
    fixture("noops.ts", "noops"),
    "--name",
    "noops",
    "--json",
    "--quiet",
    "--input",
    input,
  ]);
}

function inMegabytes(peaks: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(peaks).map(([name, bytes]) => [name, Math.round(bytes / megabyte)]),
  );
}
