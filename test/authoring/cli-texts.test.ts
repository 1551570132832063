import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { errorDocument, runDocument } from "../../sdk/cli/document.ts";
import { errorText, isInternal, splitStack } from "../../sdk/cli/error-text.ts";
import { LiveDisplay } from "../../sdk/cli/live-display.ts";
import { logText } from "../../sdk/cli/log-line.ts";
import { LogPrinter } from "../../sdk/cli/log-printer.ts";
import { liveLines, quietLine, type RunLook } from "../../sdk/cli/progress-text.ts";
import { NonRecoverableError } from "../../sdk/index.ts";
import type { LocalLogLine } from "../../sdk/local.ts";

/** A stream that is no terminal: texts are plain there. */
const plain = new PassThrough() as unknown as NodeJS.WriteStream;

function aLook(
  actions: Partial<RunLook["progress"]["actions"]> = {},
  perSecond: number | null = null,
): RunLook {
  const none = { queued: 0, running: 0, suspended: 0, succeeded: 0, failed: 0, aborted: 0 };
  const progress = { actions: { ...none, ...actions }, tracesExecuted: 12, tracesReplayed: 3 };
  return { name: "r", progress: { ...progress, status: "running", elapsedMs: 90_000 }, perSecond };
}

describe("progress", () => {
  test("is told against the actions that are known, with a time for those only", () => {
    const line = quietLine(aLook({ succeeded: 300, failed: 20, running: 10, queued: 670 }, 10));
    expect(line).toBe(
      "[1:30] r running: 320 of 1,000 known actions done, 10.0/s, those known take about 1m 8s more, 20 failed",
    );
  });

  test("has no rate and no time while they are not known", () => {
    expect(quietLine(aLook({ running: 1 }))).toBe("[1:30] r running: 0 of 1 known actions done");
  });

  test("shows runs, traces, troubles and fleets, and counts the runs that have no room", () => {
    const fleet = { name: "f", starting: 1, ready: 2, busy: 1, draining: 0 };
    const texts = (looks: readonly RunLook[]) => liveLines(looks, [fleet]).map(({ text }) => text);
    expect(texts([aLook({ succeeded: 1, aborted: 1, running: 2 })])).toEqual([
      "r  running  1:30",
      `  ${"█".repeat(12)}${"░".repeat(12)} 2 of 4 known actions done`,
      "  12 traces executed, 3 replayed",
      "  1 aborted",
      "  f: 2 ready (1 busy), 1 starting",
    ]);
    expect(texts(Array.from({ length: 6 }, () => aLook()))).toContain("and 2 more");
  });
});

describe("a line of a task", () => {
  const line: LocalLogLine = {
    run: "r",
    action: "1f2e3d4c5b6a",
    replica: "f-1",
    level: "info",
    text: "two\nlines",
    fields: null,
    timeMs: 0,
  };

  test("has its task and short id before each of its lines", () => {
    expect(logText(line, "env.score", plain)).toBe("score/1f2e3d4c │ two\nscore/1f2e3d4c │ lines");
    expect(logText({ ...line, text: "one" }, null, plain)).toBe("1f2e3d4c │ one");
  });

  test("has nothing before it when it is of the root action, and the replica when of none", () => {
    expect(logText({ ...line, action: "a0" }, null, plain)).toBe("two\nlines");
    expect(logText({ ...line, action: null, text: "one" }, null, plain)).toBe("f-1 │ one");
  });

  test("tells its level when that is a warning or worse, and its fields", () => {
    const warning = { ...line, action: "a0", level: "warn", text: "slow", fields: { ms: 5 } } as const;
    expect(logText(warning, null, plain)).toBe("warn: slow { ms: 5 }");
  });

  test("is printed in order, with one lookup an action, and also if that fails", async () => {
    const printed: string[] = [];
    const asked: (string | null)[] = [];
    const printer = new LogPrinter(
      (text) => printed.push(text),
      async ({ action }) => {
        asked.push(action);
        if (action === "bad") throw new Error("no record");
        await new Promise((resolve) => setTimeout(resolve, 5));
        return "env.score";
      },
    );
    for (const action of ["one", "a0", "bad", "one"]) printer.add({ ...line, action, text: action });
    await printer.printed();
    expect(printed).toEqual(["score/one │ one", "a0", "bad │ bad", "score/one │ one"]);
    expect(asked).toEqual(["one", "bad"]);
  });
});

describe("an error", () => {
  test("is shown with the frames of the user's files, and of nobody else", () => {
    const error = new RangeError("far");
    error.stack = [
      "RangeError: far",
      "    at score (file:///home/me/jobs.ts:3:9)",
      "    at fetchAll (/home/me/node_modules/got/index.js:1:1)",
      "    at run (/home/me/node_modules/drover/dist/engine/execute.js:1:1)",
      "    at process.processTicksAndRejections (node:internal/process/task_queues:104:5)",
    ].join("\n");
    expect(errorText(error, plain)).toBe(
      "RangeError: far\n    at score (file:///home/me/jobs.ts:3:9)\n    at fetchAll (/home/me/node_modules/got/index.js:1:1)",
    );
  });

  test("keeps some frames where none is of the user", () => {
    const error = new Error("odd");
    error.stack = "Error: odd\n    at a (node:fs:1:1)\n    at b (node:fs:2:1)";
    expect(errorText(error, plain)).toContain("at a (node:fs:1:1)");
  });

  test("is shown with its fields and its causes, each once", () => {
    const root = Object.assign(new Error("root"), { status: 502 });
    const error = new Error("top", { cause: root });
    for (const one of [root, error]) one.stack = `Error: ${one.message}`;
    root.cause = error;
    expect(errorText(error, plain)).toBe("Error: top\n  caused by Error: root\n      { status: 502 }");
  });

  test("with a message of several lines, one of which looks like a frame, keeps all of it", () => {
    const error = new Error("first\n  at second\nthird");
    const { title, frames } = splitStack(error);
    expect(title).toBe("Error: first\n  at second\nthird");
    expect(frames.length).toBeGreaterThan(0);
  });

  test("may be something that is no error", () => {
    expect(errorText("just text", plain)).toContain("just text");
    expect(errorText(undefined, plain)).toContain("undefined");
  });

  test("is known as internal by its file", () => {
    expect(isInternal("    at x (node:internal/a:1:1)")).toBe(true);
    expect(isInternal("    at new Promise (<anonymous>)")).toBe(true);
    expect(isInternal("    at score (/home/me/node_modules.ts:1:1)")).toBe(false);
  });

  test("has a code of its own in a document, or else ERROR", () => {
    expect(errorDocument(new NonRecoverableError("no")).code).toBe("NON_RECOVERABLE");
    expect(errorDocument(Object.assign(new Error("no"), { code: "ENOENT" })).code).toBe("ENOENT");
    expect(errorDocument(new TypeError("no"))).toMatchObject({
      code: "ERROR",
      name: "TypeError",
      message: "no",
    });
    expect(errorDocument({ odd: 1 })).toEqual({
      code: "ERROR",
      name: "ThrownValue",
      message: '{"odd":1}',
      stack: null,
    });
  });
});

describe("the document of a run", () => {
  const { progress } = aLook({ succeeded: 2, failed: 1, running: 1 });

  test("has the output where it is small, and its size where it is not", () => {
    const document = (output: unknown) =>
      runDocument({ name: "r", progress, returned: { output }, thrown: null });
    expect(document(undefined)).toMatchObject({
      output: null,
      actions: { total: 4, succeeded: 2, failed: 1, aborted: 0 },
    });
    expect(document("x".repeat(64 * 1024 - 2))).toHaveProperty("output");
    expect(document("x".repeat(64 * 1024 - 1))).not.toHaveProperty("output");
    expect(document("ä".repeat(40_000))).toHaveProperty("outputBytes", 80_002);
  });
});

describe("the live display", () => {
  function aTerminal(rows: number) {
    const chunks: string[] = [];
    const stream = { rows, write: (chunk: string) => chunks.push(chunk) } as unknown as NodeJS.WriteStream;
    return { stream, written: () => chunks.join("") };
  }

  /** What is on the screen, as a terminal would show it. */
  function screenOf(text: string): string[] {
    const lines = [""];
    let row = 0;
    for (const [part, up, erase] of text
      .replaceAll("\x1b[", "␛")
      .matchAll(/␛(\d+)A|(␛0J)|␛\?\d+[hl]|\r|\n|[^␛\r\n]+/g)) {
      if (up !== undefined) row -= Number(up);
      else if (erase !== undefined) lines.splice(row, lines.length, "");
      else if (part === "\n") {
        row += 1;
        lines[row] ??= "";
      } else if (!part.startsWith("␛") && part !== "\r") lines[row] = part;
    }
    return lines.slice(0, -1);
  }

  test("draws its lines in place, below all that was printed", async () => {
    const { stream, written } = aTerminal(24);
    const display = new LiveDisplay(stream);
    display.show(["one", "two"]);
    await expect.poll(() => screenOf(written())).toEqual(["one", "two"]);
    display.print("said");
    display.show(["one", "two", "three"]);
    await expect.poll(() => screenOf(written())).toEqual(["said", "one", "two", "three"]);
    display.print("last");
    display.close();
    expect(screenOf(written())).toEqual(["said", "last"]);
    expect(written().endsWith("\x1b[?25h")).toBe(true);
  });

  test("shows as many lines as the screen has room for", async () => {
    const { stream, written } = aTerminal(3);
    const display = new LiveDisplay(stream);
    display.show(["one", "two", "three", "four"]);
    await expect.poll(() => screenOf(written())).toEqual(["one", "two"]);
    display.close();
  });
});
