import { afterEach, describe, expect, it, vi } from "vitest";
import { handlerOf } from "../../functions/middleware.ts";
import type { StackRuntime } from "../../sdk/aws/runtime.ts";

const runtime = { stack: "test" } as StackRuntime;
const open = async () => runtime;
const context = {
  functionName: "drover-test-finish",
  awsRequestId: "req-1",
  getRemainingTimeInMillis: () => 60_000,
};

/** What is written to stdout, as documents. */
function linesWritten(): Record<string, unknown>[] {
  const lines: Record<string, unknown>[] = [];
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    lines.push(JSON.parse(String(text)) as Record<string, unknown>);
    return true;
  });
  return lines;
}

afterEach(() => vi.restoreAllMocks());

describe("a handler", () => {
  it("answers what its work answers, and logs it with the run and the action", async () => {
    const lines = linesWritten();
    const handler = handlerOf(async (given: StackRuntime, event: { run: string; root: string }) => {
      return { stack: given.stack, run: event.run };
    }, open);
    expect(await handler({ run: "r1", root: "r1/a0" }, context)).toEqual({ stack: "test", run: "r1" });
    expect(lines).toEqual([
      expect.objectContaining({
        level: "info",
        message: "done",
        function: "drover-test-finish",
        request: "req-1",
        run: "r1",
        action: "r1/a0",
        durationMs: expect.any(Number),
      }),
    ]);
  });

  it("fails with the error itself, so that its name is that of the failed state, and logs it", async () => {
    const lines = linesWritten();
    const error = Object.assign(new RangeError("Order 7 is not paid", { cause: new Error("no card") }), {
      code: "E7",
    });
    const handler = handlerOf(async (_runtime: StackRuntime, _event: { run: string }) => {
      throw error;
    }, open);
    await expect(handler({ run: "r1" }, context)).rejects.toBe(error);
    expect(lines[0]).toMatchObject({
      level: "error",
      run: "r1",
      error: { name: "RangeError", message: "Order 7 is not paid", code: "E7", cause: "Error: no card" },
    });
  });

  it("counts what failed in a batch", async () => {
    const lines = linesWritten();
    const batch = async () => ({ batchItemFailures: [{ itemIdentifier: "m1" }] });
    await handlerOf(batch, open)({ Records: [{}, {}] }, context);
    expect(lines[0]).toMatchObject({ level: "warn", records: 2, failures: 1 });
  });

  it("opens the stack again when it could not be opened", async () => {
    linesWritten();
    let tries = 0;
    const opening = async () => {
      tries += 1;
      if (tries === 1) throw new Error("SSM is throttled");
      return runtime;
    };
    const handler = handlerOf(async () => "done", opening);
    await expect(handler({}, context)).rejects.toThrow("throttled");
    expect(await handler({}, context)).toBe("done");
  });
});
