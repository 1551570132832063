import { setTimeout as wait } from "node:timers/promises";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type DocumentsPlace, documentCount, documentsPlace } from "../support/e2e-documents.ts";
import { endNow, ifAny, printed } from "../support/e2e-place.ts";
import { draws, loopCount } from "../support/e2e-random.ts";
import { SubmissionWatch } from "../support/e2e-submissions.ts";

/** What an undisturbed run writes, and how long it takes. */
let undisturbed = { result: "", lastsMs: 0 };

beforeAll(async () => {
  const cleanUps: (() => Promise<void>)[] = [];
  const place = await documentsPlace((cleanUp) => cleanUps.push(cleanUp));
  const startedMs = Date.now();
  const run = printed(await place.drover(place.runArguments));
  expect(run).toMatchObject({ status: "succeeded", output: { documents: documentCount } });
  undisturbed = { result: place.result(), lastsMs: Date.now() - startedMs };
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
  console.log(`undisturbed: ${undisturbed.lastsMs} ms`);
});

const loops = loopCount(4);

describe("a run in which processes are killed", { timeout: 60_000 * loops + 60_000 }, () => {
  it("ends by itself as an undisturbed one when single replicas are killed", async () => {
    const draw = draws("single replicas");
    for (let round = 0; round < loops; round += 1) {
      await aRunWith(async (place) => {
        for (let kills = 0; kills < 3; kills += 1) {
          await wait(draw() * undisturbed.lastsMs * 0.6);
          const replicas = place.replicas();
          const victim = replicas[Math.floor(draw() * replicas.length)];
          if (victim !== undefined) endNow(victim.pid);
        }
      });
    }
  });

  it("ends by itself as an undisturbed one when all replicas are killed at once", async () => {
    const draw = draws("all replicas");
    for (let round = 0; round < loops; round += 1) {
      await aRunWith(async (place) => {
        for (let kills = 0; kills < 2; kills += 1) {
          await wait(draw() * undisturbed.lastsMs);
          for (const { pid } of place.replicas()) endNow(pid);
        }
      });
    }
  });

  it("ends by itself as an undisturbed one when its driver is killed", async () => {
    const draw = draws("driver");
    for (let round = 0; round < loops; round += 1) {
      await aRunWith(async (place) => {
        for (let kills = 0; kills < 2; kills += 1) {
          await wait(draw() * undisturbed.lastsMs);
          for (const { pid } of place.replicas("documents")) endNow(pid);
        }
      });
    }
  });

  it("ends as an undisturbed one when it is resumed after its host was killed, also twice in a row", async () => {
    const draw = draws("host");
    for (let round = 0; round < loops; round += 1) {
      const place = await documentsPlace(onTestFinished);
      const watch = new SubmissionWatch(place);
      const kills = 1 + (round % 2);
      let begin = place.runArguments;
      for (let killed = 0; killed < kills; killed += 1) {
        const host = place.start(begin);
        await wait(draw() * undisturbed.lastsMs * 1.1);
        host.signal("SIGKILL");
        await host.exited;
        await place.untilNoReplicas();
        await watch.look();
        begin = (await isStarted(place)) ? place.resumeArguments : place.runArguments;
      }
      console.log(`  ${watch.recordedCount} of ${documentCount} were recorded when the host died`);
      const run = printed(await place.drover(begin));
      expect(run).toMatchObject({ status: "succeeded", output: { documents: documentCount } });
      expectUndisturbed(place, watch);
    }
  });
});

/** Starts the run, does something to it meanwhile, and looks whether it ends by itself as it should. */
async function aRunWith(disturb: (place: DocumentsPlace) => Promise<void>): Promise<void> {
  const place = await documentsPlace(onTestFinished);
  const watch = new SubmissionWatch(place);
  const host = place.start(place.runArguments);
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      await watch.look();
      await wait(100);
    }
  })();
  // A look that fails fails the test, but not before all is awaited.
  const [run] = await Promise.all([
    disturb(place)
      .then(() => host.exited)
      .then(printed)
      .finally(() => {
        isOver = true;
      }),
    watching,
  ]);
  expect(run).toMatchObject({ status: "succeeded", output: { documents: documentCount }, error: null });
  expectUndisturbed(place, watch);
}

function expectUndisturbed(place: DocumentsPlace, watch: SubmissionWatch): void {
  expect(watch.sentAgain()).toEqual([]);
  expect(place.result()).toBe(undisturbed.result);
  const { documents } = place.service.counts();
  expect(Object.values(documents).map(({ accepted }) => accepted)).toEqual(Array(documentCount).fill(1));
}

async function isStarted(place: DocumentsPlace): Promise<boolean> {
  const run = await ifAny(() => place.view((view) => view.readRun("docs")));
  return run !== null;
}
