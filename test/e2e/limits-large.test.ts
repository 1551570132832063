import { expect, it, onTestFinished } from "vitest";
import { fixture } from "../support/e2e-fixtures.ts";
import { watchMemory } from "../support/e2e-memory.ts";
import { aPlace, printed } from "../support/e2e-place.ts";

const megabyte = 1024 * 1024;

it("a million numbers cost megabytes on their way from a child through its parent to the host", async () => {
  const place = aPlace(onTestFinished);
  const memory = watchMemory(place);
  const run = printed(await place.drover(["run", fixture("large.ts", "passNumbers"), "--json"]));
  const peaks = memory.end();
  expect(run.status).toBe("succeeded");
  expect(run.outputBytes).toBeGreaterThan(6_000_000);
  console.log(
    "peaks in MB:",
    Object.entries(peaks).map(([name, bytes]) => `${name} ${Math.round(bytes / megabyte)}`),
  );
  expect(Object.keys(peaks).toSorted()).toEqual(["host", "large-driver", "large-workers"]);
  for (const bytes of Object.values(peaks)) expect(bytes).toBeLessThan(250 * megabyte);
});

it("an output of 9 MB is passed on, and one over maxInlineIo fails its action with what to do about it", async () => {
  const place = aPlace(onTestFinished);
  const task = fixture("large.ts", "passText");
  const pass = async (bytes: number) =>
    printed(await place.drover(["run", task, "--json", "--input", JSON.stringify({ bytes })])).output;
  expect(await pass(9_000_000)).toBe("9000000 characters");
  expect(await pass(11_000_000)).toMatch(
    /^InlineLimitError: Output of task "large-workers\.text" is 11(\.0)? MB, .*maxInlineIo/,
  );
});
