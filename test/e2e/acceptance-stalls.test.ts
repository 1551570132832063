import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { describe, it } from "vitest";
import { fixture } from "../support/e2e-fixtures.ts";
import {
  aPlace,
  type DroverProcess,
  type OnTestFinished,
  type Place,
  printed,
} from "../support/e2e-place.ts";
import { isAlive } from "../support/e2e-processes.ts";
import { eventually } from "../support/e2e-wait.ts";

/** How long an owner of deliveries may be silent before they are delivered to others. */
const leaseMs = 15_000;

describe.concurrent("replicas that stall", { timeout: 120_000 }, () => {
  it("an action that computes for longer than a lease stays with its replica, and runs once", async ({
    expect,
    onTestFinished,
  }) => {
    const place = aPlace(onTestFinished);
    const file = join(place.dir, "notes.txt");
    const input = JSON.stringify({ file, ms: leaseMs + 6_000 });
    const run = printed(
      await place.drover(["run", fixture("stalls.ts", "compute"), "--json", "--input", input]),
    );
    expect(run).toMatchObject({ status: "succeeded", output: "computed" });
    expect(linesOf(file)).toEqual(["compute"]);
    expect(await actionsOf(place, run.run)).toEqual(["compute: succeeded, attempt 1, epoch 1"]);
  });

  it("a hung action fails at its timeout; what its replica did besides runs again at no cost", async ({
    expect,
    onTestFinished,
  }) => {
    const place = aPlace(onTestFinished);
    const file = join(place.dir, "notes.txt");
    const input = JSON.stringify({ file });
    const run = printed(
      await place.drover(["run", fixture("stalls.ts", "besideHanging"), "--json", "--input", input]),
    );
    expect(run.status).toBe("succeeded");
    expect(run.output).toMatchObject({
      beside: 3_000,
      hung: expect.stringMatching(/^TaskTimeoutError: .*hang/),
    });
    expect(linesOf(file).toSorted()).toEqual(["bystander", "bystander", "hang"]);
    const actions = await actionsOf(place, run.run);
    expect(actions).toContain("bystander: succeeded, attempt 1, epoch 2");
    expect(actions).toContainEqual(expect.stringMatching(/^hang: failed, attempt 1/));
  });

  it("a hung action with a retry left goes on in another replica", async ({ expect, onTestFinished }) => {
    const place = aPlace(onTestFinished);
    const file = join(place.dir, "notes.txt");
    const input = JSON.stringify({ file });
    const run = printed(
      await place.drover(["run", fixture("stalls.ts", "hangAndRetry"), "--json", "--input", input]),
    );
    expect(run).toMatchObject({ status: "succeeded", output: "attempt 2" });
    expect(linesOf(file)).toEqual(["hangFirst", "hangFirst"]);
  });

  it("a replica that is held up for less than a lease goes on with what it has", async ({
    expect,
    onTestFinished,
  }) => {
    const walks = await aWalk(onTestFinished, 40);
    const [first] = walks.place.replicas("walking");
    await walks.haveBegun();
    process.kill(Number(first?.pid), "SIGSTOP");
    await wait(leaseMs / 2);
    process.kill(Number(first?.pid), "SIGCONT");
    const run = await walks.end();
    expect(walkers(run.output)).toHaveLength(2);
    const actions = await actionsOf(walks.place, run.run);
    expect(actions.filter((text) => text === "walk: succeeded, attempt 1, epoch 1")).toHaveLength(4);
  });

  it("a replica that comes back when others have its actions changes nothing", async ({
    expect,
    onTestFinished,
  }) => {
    const walks = await aWalk(onTestFinished, 60);
    const [first] = walks.place.replicas("walking");
    const pid = Number(first?.pid);
    await walks.haveBegun();
    process.kill(pid, "SIGSTOP");
    await eventually("another has taken over", async () => (await highestEpoch(walks.place, walks.run)) > 1);
    const wasAlive = isAlive(pid);
    if (wasAlive) process.kill(pid, "SIGCONT");
    console.log(`the stopped replica ${wasAlive ? "came back" : "was ended"} when another had taken over`);
    const run = await walks.end();
    expect(run.status).toBe("succeeded");
    // Two were with the other replica; the two that were taken over have not come back.
    expect(takeovers(run.output, 60).toSorted()).toEqual([0, 0, 1, 1]);
  });

  it("a replica that comes back when its host is dead and the run was resumed changes nothing", async ({
    expect,
    onTestFinished,
  }) => {
    const walks = await aWalk(onTestFinished, 30);
    const [first] = walks.place.replicas("walking");
    const pid = Number(first?.pid);
    await walks.haveBegun();
    process.kill(pid, "SIGSTOP");
    walks.host.signal("SIGKILL");
    await walks.host.exited;
    const resumed = walks.place.start(["resume", walks.run, "--json", "--output", "walks.json"]);
    await eventually("others go on", async () => (await highestEpoch(walks.place, walks.run)) > 1);
    process.kill(pid, "SIGCONT");
    const run = printed(await resumed.exited);
    expect(run.status).toBe("succeeded");
    expect(takeovers(run.output, 30)).toEqual([1, 1, 1, 1]);
    await eventually("the replica that lost its host is gone", () => !isAlive(pid));
  });
});

interface Walks {
  readonly place: Place;
  readonly run: string;
  readonly host: DroverProcess;
  /** Resolves when all walks have taken steps. */
  haveBegun(): Promise<void>;
  end(): Promise<ReturnType<typeof printed>>;
}

/** A run of four walks of so many steps of 200 ms, on two replicas. */
async function aWalk(onTestFinished: OnTestFinished, count: number): Promise<Walks> {
  const place = aPlace(onTestFinished);
  const input = JSON.stringify({ dir: place.dir, count });
  const run = "walks";
  const host = place.start(["run", fixture("steps.ts", "walks"), "--name", run, "--json", "--input", input]);
  const files = [0, 1, 2, 3].map((number) => join(place.dir, `walk-${number}.txt`));
  const haveBegun = async () => {
    await eventually("all walks have begun", () => files.every((file) => linesOf(file).length > 3));
  };
  await haveBegun();
  return { place, run, host, haveBegun, end: async () => printed(await host.exited) };
}

type WalkedSteps = readonly { readonly number: number; readonly pid: number }[];

function walkers(output: unknown): readonly number[] {
  return [...new Set((output as readonly WalkedSteps[]).flat().map(({ pid }) => pid))];
}

/** How often each walk changed hands. @throws where a walk has not all its steps, each once and in order. */
function takeovers(output: unknown, count: number): readonly number[] {
  const walks = output as readonly WalkedSteps[];
  return walks.map((walk) => {
    const isWhole = walk.length === count && walk.every(({ number }, index) => number === index);
    if (!isWhole) throw new Error(`A walk is not straight: ${walk.map(({ number }) => number)}`);
    return walk.filter(({ pid }, index) => index > 0 && walk[index - 1]?.pid !== pid).length;
  });
}

function linesOf(file: string): readonly string[] {
  try {
    return readFileSync(file, "utf8").trimEnd().split("\n");
  } catch {
    return [];
  }
}

async function highestEpoch(place: Place, run: string): Promise<number> {
  const actions = await place.view((view) => view.catalog.listActions(run, { limit: 100 }));
  return Math.max(...actions.filter(({ name }) => name.endsWith(".walk")).map(({ epoch }) => epoch));
}

/** `task: status, attempt, epoch` of each action. */
async function actionsOf(place: Place, run: string): Promise<readonly string[]> {
  const actions = await place.view((view) => view.catalog.listActions(run, { limit: 100 }));
  return actions.map(
    ({ name, status, attempt, epoch }) =>
      `${name.slice(name.lastIndexOf(".") + 1)}: ${status}, attempt ${attempt}, epoch ${epoch}`,
  );
}
