import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "vitest";
import { fixture } from "../support/e2e-fixtures.ts";
import {
  aPlace,
  type DroverProcess,
  type OnTestFinished,
  type Place,
  printed,
} from "../support/e2e-place.ts";
import { eventually } from "../support/e2e-wait.ts";

/** So many that, after the resume, the driver waits for longer than it may stay in memory, and is suspended. */
const count = 60;

describe.concurrent("a host that is told to end", () => {
  it.for(["SIGTERM", "SIGINT"] as const)(
    "by %s ends in order, and the run goes on when resumed",
    async (signal, { expect, onTestFinished }) => {
      const { place, host } = await walksUnderWay(onTestFinished);
      host.signal(signal);
      const exit = await host.exited;
      expect(exit.code).toBe(130);
      expect(printed(exit)).toMatchObject({ run: "walks", error: { code: "STOPPED" } });
      expect(place.processes()).toEqual([]);
      const left = await place.view((view) => view.catalog.summarize("walks"));
      expect(left.actions).toMatchObject({ running: 0, succeeded: 0, failed: 0, aborted: 0 });
      const run = printed(await place.drover(["resume", "walks", "--json"]));
      expect(run.status).toBe("succeeded");
      const actions = await place.view((view) => view.catalog.listActions("walks", { limit: 10 }));
      expect(actions.map(({ attempt }) => attempt)).toEqual([1, 1, 1, 1, 1]);
      for (const file of walkFiles(place)) {
        const steps = linesOf(file);
        expect([...new Set(steps)]).toEqual(Array.from({ length: count }, (_, step) => `${step}`));
        // At most the step that was under way when the host ended was begun again.
        expect(steps.length).toBeLessThanOrEqual(count + 1);
      }
    },
  );

  it("by a second signal ends at once, and the run goes on when resumed", async ({
    expect,
    onTestFinished,
  }) => {
    const { place, host } = await walksUnderWay(onTestFinished);
    host.signal("SIGINT");
    await eventually("it has said that it stops", () => host.stderr().includes("Stopping"));
    host.signal("SIGINT");
    expect(await host.exited).toMatchObject({ code: 130, stdout: "" });
    await place.untilNoReplicas();
    expect(printed(await place.drover(["resume", "walks", "--json"])).status).toBe("succeeded");
  });
});

interface WalksUnderWay {
  readonly place: Place;
  readonly host: DroverProcess;
}

async function walksUnderWay(onTestFinished: OnTestFinished): Promise<WalksUnderWay> {
  const place = aPlace(onTestFinished);
  const input = JSON.stringify({ dir: place.dir, count });
  const host = place.start([
    "run",
    fixture("steps.ts", "walks"),
    "--name",
    "walks",
    "--json",
    "--input",
    input,
  ]);
  await eventually("all walks have begun", () => walkFiles(place).every((file) => linesOf(file).length > 3));
  return { place, host };
}

function walkFiles(place: Place): readonly string[] {
  return [0, 1, 2, 3].map((number) => join(place.dir, `walk-${number}.txt`));
}

function linesOf(file: string): readonly string[] {
  try {
    return readFileSync(file, "utf8").trimEnd().split("\n");
  } catch {
    return [];
  }
}
