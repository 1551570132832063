/** Promise 7 at the command line: what is bad is refused before anything is enqueued, and the message has a way out. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { aFolder, type DroverOptions, drover } from "./cli-process.ts";

/** Runs a command that is refused: exit code 2, one document with the error, and no run. Answers the error's code and message. */
async function refusal(args: readonly string[], options: DroverOptions = {}) {
  const state = join(aFolder(), "state");
  const { code, stdout, stderr } = await drover([...args, "--json", "--state", state], options);
  expect(code, stderr).toBe(2);
  const { error, ...rest } = JSON.parse(stdout);
  expect(rest).toEqual({
    run: null,
    status: null,
    actions: { total: 0, succeeded: 0, failed: 0, aborted: 0 },
    traces: { executed: 0, replayed: 0 },
    durationMs: 0,
  });
  const runs = await drover(["runs", "--json", "--state", state]);
  if (existsSync(state)) expect(JSON.parse(runs.stdout)).toEqual({ runs: [] });
  expect(stderr).toContain(error.message.split("\n")[0]);
  return error as { code: string; message: string; stack: string | null };
}

describe("a task that is not there", () => {
  test("by its short name is refused with the nearest name", async () => {
    const { code, message } = await refusal(["run", "jobs.ts:halvess"]);
    expect(code).toBe("UNKNOWN_TASK");
    expect(message).toContain('There is no task "halvess"; known are "');
    expect(message).toContain('Did you mean "halves"?');
  });

  test("by its full name is refused with the nearest full name", async () => {
    const { message } = await refusal(["run", "jobs.ts:cli-drivr.halves"]);
    expect(message).toContain('Did you mean "cli-driver.halves"?');
  });

  test("is refused with a list where none is near", async () => {
    const { message } = await refusal(["run", "twins.ts:qqqqqqqqqqqqqqqqqqqqqq"]);
    expect(message).toBe(
      'There is no task "qqqqqqqqqqqqqqqqqqqqqq"; known are "leftScore", "rightScore", "score". Check the name, and that the file which defines it is loaded.',
    );
  });

  test("is told apart from one whose short name several have", async () => {
    const { code, message } = await refusal(["run", "twins.ts:score"]);
    expect(code).toBe("BAD_USAGE");
    expect(message).toContain("cli-left.score or cli-right.score");
    expect(message).toContain("twins.ts:cli-left.score");
  });

  test("because none is named is refused with those that there are", async () => {
    const { message } = await refusal(["run", "twins.ts"]);
    expect(message).toMatch(/The task is ""; allowed: one of .*score.* Add it after a colon: .*twins\.ts:/);
  });

  test("because the module defines none is refused by saying so", async () => {
    const { message } = await refusal(["run", "no-tasks.ts:score"]);
    expect(message).toContain("no-tasks.ts");
    expect(message).toContain("this one defines none");
  });
});

describe("a file", () => {
  test("that does not exist is refused with its whole path", async () => {
    const { code, message } = await refusal(["run", "nowhere/jobs.ts:halves"]);
    expect(code).toBe("BAD_USAGE");
    expect(message).toMatch(/The file is "\/.*nowhere\/jobs\.ts"; allowed: a file that exists/);
    expect(message).toContain("FILE:TASK");
  });

  test("that throws when it is loaded shows the user's own stack", async () => {
    const cwd = aFolder();
    writeFileSync(join(cwd, "broken.ts"), "export const x = 1;\nthrow new TypeError('no key');\n");
    const { code, message, stack } = await refusal(["run", "broken.ts:x"], { cwd });
    expect(code).toBe("USER_CODE");
    expect(message).toBe("no key");
    expect(stack).toContain("broken.ts:2");
    const { stderr } = await drover(["run", "broken.ts:x"], { cwd });
    expect(stderr).toMatch(/broken\.ts could not be loaded\.\nTypeError: no key\n\s+at .*broken\.ts:2/);
    expect(stderr).not.toContain("node:internal");
  });

  test("that Node cannot read shows where", async () => {
    const cwd = aFolder();
    writeFileSync(join(cwd, "enum.ts"), "export enum Colour { red }\n");
    const { message } = await refusal(["run", "enum.ts:x"], { cwd });
    expect(message).toContain("enum");
    const { stderr } = await drover(["run", "enum.ts:x"], { cwd });
    expect(stderr).toContain("enum.ts could not be loaded");
  });
});

describe("an input", () => {
  test("that fails its schema is refused with the schema's complaints", async () => {
    const { code, message } = await refusal(["run", "schemas.ts:score", "--set", "text=5"]);
    expect(code).toBe("SCHEMA_MISMATCH");
    expect(message).toMatch(
      /^Input of task "cli-schemas\.score" does not match its schema: text: .*string.*Correct the value/,
    );
  });

  test("that cannot be serialized is refused with the place of what cannot", async () => {
    const { code, message } = await refusal(["run", "schemas.ts:unserializable", "--set", "when=now"]);
    expect(code).toBe("UNSERIALIZABLE_VALUE");
    expect(message).toMatch(/cannot be serialized: input\.when is an instance of class Moment/);
  });

  test("over maxInlineIo is refused with its size and the limit", async () => {
    const { code, message } = await refusal(["run", "jobs.ts:echo", "--set", `text=${"x".repeat(2_000)}`]);
    expect(code).toBe("INLINE_LIMIT");
    expect(message).toBe(
      'Input of task "cli-driver.echo" is 2 KB, at most 1 KB travels inline. Pass a File, or raise maxInlineIo.',
    );
  });

  test("that is no JSON is refused with the parser's complaint", async () => {
    const { code, message } = await refusal(["run", "jobs.ts:halves", "--input", "{count: 2}"]);
    expect(code).toBe("BAD_USAGE");
    expect(message).toMatch(
      /The input is "\{count: 2\}"; allowed: JSON .*position 1.*--input '\{"items": 1000\}'/,
    );
  });

  test("file that does not exist is refused with its whole path", async () => {
    const { message } = await refusal(["run", "jobs.ts:halves", "--input", "@missing.json"]);
    expect(message).toMatch(/The input file is "\/.*missing\.json"/);
  });

  test("given both as --input and as --set is refused", async () => {
    const { message } = await refusal(["run", "jobs.ts:halves", "--input", "{}", "--set", "count=1"]);
    expect(message).toContain("allowed: either --input or --set");
  });

  test("with a --set that is no key=value is refused", async () => {
    const { message } = await refusal(["run", "jobs.ts:halves", "--set", "count"]);
    expect(message).toContain('A --set is "count"; allowed: key=value');
  });
});

describe("a policy in the user's file", () => {
  const policies = [
    ["with min > max", { replicas: [10, 3] }, /replicas.*\[10,3\].*allowed/],
    ["with 0 replicas", { replicas: 0 }, /replicas.*0; allowed/],
    ["with 0 concurrency", { replicas: 1, concurrency: 0 }, /concurrency.*0; allowed/],
    [
      "with a bad duration",
      { replicas: 1, idleTtl: "5 minutes" },
      /idleTtl.*"5 minutes"; allowed: a duration/,
    ],
  ] as const;

  test.for(policies)(
    "%s is refused with the value, what is allowed and the place",
    async ([, reusable, text]) => {
      const env = { CLI_TEST_SETTINGS: JSON.stringify({ reusable }) };
      const { code, message, stack } = await refusal(["run", "policy.ts:idle"], { env });
      expect(code).toBe("INVALID_POLICY");
      expect(message).toMatch(text);
      expect(stack).toContain("policy.ts:4");
    },
  );
});

describe("arguments", () => {
  test("with a bad run name are refused with a good one", async () => {
    const { code, message } = await refusal(["run", "jobs.ts:halves", "--name", "My Run"]);
    expect(code).toBe("INVALID_POLICY");
    expect(message).toContain('Name of a run is "My Run"; allowed: 1 to 63 characters');
    expect(message).toContain('Take "my-run", for example.');
  });

  test.for([
    ["an unknown command", ["rn"], "unknown command 'rn'"],
    ["an unknown option", ["run", "jobs.ts:halves", "--nam", "x"], "unknown option '--nam'"],
    ["a missing argument", ["run"], "missing required argument 'file:task'"],
    [
      "a durability that is none",
      ["run", "jobs.ts:halves", "--durability", "none"],
      "Allowed choices are process, power",
    ],
    ["a limit that is no number", ["runs", "--limit", "many"], '--limit is "many"; allowed: a whole number'],
    ["--follow and --json", ["logs", "some", "--follow"], "allowed: one of the two"],
    ["--output for many runs", ["resume", "--output", "x.json"], "allowed: with the name of one run"],
  ] as const)("with %s are refused", async ([, args, text]) => {
    const { code, message } = await refusal(args);
    expect(code).toBe("BAD_USAGE");
    expect(message).toContain(text);
  });

  test("with an --output where no file can be are refused before the run", async () => {
    const folder = aFolder();
    const { message } = await refusal(["run", "jobs.ts:halves", "--output", join(folder, "none", "x.json")]);
    expect(message).toContain(`mkdir -p ${join(folder, "none")}`);
    mkdirSync(join(folder, "there"));
    const second = await refusal(["run", "jobs.ts:halves", "--output", join(folder, "there")]);
    expect(second.message).toContain("Add a file name to the folder.");
  });

  test("that name no state folder are refused", async () => {
    for (const args of [["runs"], ["show", "x"], ["logs", "x"], ["abort", "x"], ["resume"]]) {
      const { code, message } = await refusal(args);
      expect(code).toBe("NO_STATE");
      expect(message).toContain("There is no state in");
    }
  });

  test("that name no run are refused with the way to list them", async () => {
    const state = aFolder();
    await drover(["run", "jobs.ts:halve", "--set", "n=1", "--state", state]);
    for (const command of ["show", "logs", "abort", "resume"]) {
      const { code, stderr } = await drover([command, "nobody", "--state", state]);
      expect(code).toBe(2);
      expect(stderr).toContain(
        `The run is "nobody"; allowed: the name of a run in ${state}. List them with: drover runs --state`,
      );
    }
  });
});
