import { expect, it, onTestFinished } from "vitest";
import { fixture } from "../support/e2e-fixtures.ts";
import { aPlace, printed } from "../support/e2e-place.ts";

const stackOfSpend = expect.stringMatching(/at .*spend.*fixtures\/e2e\/errors\.ts:\d+:\d+/);

it("a parent catches its child's error with its name, message, cause, stack and fields", async () => {
  const place = aPlace(onTestFinished);
  const run = printed(await place.drover(["run", fixture("errors.ts", "catchIt"), "--json"]));
  expect(run.status).toBe("succeeded");
  expect(run.output).toMatchObject({
    name: "QuotaError",
    message: "The quota of 3 is used up.",
    stack: stackOfSpend,
    limit: 3,
    used: ["a", "b"],
    cause: { name: "TypeError", message: "The third was no number.", stack: stackOfSpend, cause: "a text" },
  });
});

it("an error that nobody catches is what the run failed with, here and when looked at later", async () => {
  const place = aPlace(onTestFinished);
  const exit = await place.drover(["run", fixture("errors.ts", "letItPass"), "--name", "r", "--json"]);
  expect(exit.code).toBe(1);
  const error = { name: "QuotaError", message: "The quota of 3 is used up.", stack: stackOfSpend };
  expect(printed(exit)).toMatchObject({ status: "failed", error });
  expect(printed(await place.drover(["show", "r", "--json"]))).toMatchObject({ status: "failed", error });
});
