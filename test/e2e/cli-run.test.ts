import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { aFolder, drover } from "./cli-process.ts";

describe("drover run", () => {
  test("a run that succeeds prints its summary and output on stdout and exits with 0", async () => {
    const { code, stdout } = await drover(["run", "jobs.ts:halves", "--name", "first", "--state", aFolder()]);
    expect(code).toBe(0);
    expect(stdout).toContain("Run first succeeded after");
    expect(stdout).toContain("5 actions: 5 succeeded, 0 failed, 0 aborted");
    expect(stdout).toContain("4 traces executed, 0 replayed");
    expect(stdout).toContain("[ 0, 0.5, 1, 1.5 ]");
  });

  test("what the root action prints is shown as it is, what others print with their task and id", async () => {
    const { stdout, stderr } = await drover([
      "run",
      "jobs.ts:halves",
      "--set",
      "count=1",
      "--state",
      aFolder(),
    ]);
    expect(stderr).toMatch(/^halving 1 numbers$/m);
    expect(stderr).toMatch(/^halve\/\w{8} │ halving 0$/m);
    expect(stdout).not.toContain("halving");
  });

  test("with --quiet nothing is said but the end", async () => {
    const { stdout, stderr } = await drover(["run", "jobs.ts:halves", "--quiet", "--state", aFolder()]);
    expect(stdout).toContain("succeeded");
    expect(stderr).toBe("jobs.ts is loaded\n");
  });

  test("--json prints exactly one document on stdout, whatever user code prints", async () => {
    const args = [
      "run",
      "jobs.ts:halves",
      "--input",
      '{"count": 2}',
      "--name",
      "doc",
      "--json",
      "--state",
      aFolder(),
    ];
    const { code, stdout } = await drover(args);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      run: "doc",
      status: "succeeded",
      output: [0, 0.5],
      error: null,
      actions: { total: 3, succeeded: 3, failed: 0, aborted: 0 },
      traces: { executed: 2, replayed: 0 },
      durationMs: expect.any(Number),
    });
  });

  test("a task goes by its exported name, its short name and its full name", async () => {
    const state = aFolder();
    for (const task of ["allKinds", "everyKind", "cli-driver.everyKind"]) {
      const { code, stdout } = await drover(["run", `jobs.ts:${task}`, "--json", "--state", state]);
      expect(code).toBe(0);
      expect(JSON.parse(stdout).output).toEqual({
        big: "12",
        when: "1970-01-01T00:00:00.000Z",
        pairs: [["a", 1]],
        members: [1, 2],
        bytes: "AQID",
      });
    }
  });

  test("an output of more than 64 KB is told by its size, and --output has all of it", async () => {
    const folder = aFolder();
    const file = join(folder, "output.json");
    const args = ["run", "jobs.ts:large", "--json", "--output", file, "--state", join(folder, "state")];
    const { code, stdout } = await drover(args);
    expect(code).toBe(0);
    const document = JSON.parse(stdout);
    expect(document).not.toHaveProperty("output");
    expect(document.outputBytes).toBe(100_002);
    expect(JSON.parse(readFileSync(file, "utf8"))).toBe("x".repeat(100_000));
    expect(readdirSync(folder).sort()).toEqual(["output.json", "state"]);
  });

  test("a failed run shows the user's error and file, the cause and the action, and exits with 1", async () => {
    const { code, stdout, stderr } = await drover([
      "run",
      "jobs.ts:halves",
      "--set",
      "from=-1",
      "--state",
      aFolder(),
    ]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/Run halves-\w+ failed after/);
    expect(stderr).toContain("RangeError: n is -1");
    expect(stderr).toMatch(/at .*halve.*cli\/jobs\.ts:\d+/);
    expect(stderr).toContain("caused by Error: less than nothing");
    expect(stderr).toMatch(/1 action of run ".*" failed: halve \w{8}\./);
    expect(stderr).not.toContain("dist/engine");
  });

  test("the document of a failed run has the error's code, name, message and stack", async () => {
    const args = ["run", "jobs.ts:halve", "--set", "n=-3", "--json", "--state", aFolder()];
    const { code, stdout } = await drover(args);
    expect(code).toBe(1);
    const document = JSON.parse(stdout);
    expect(document.status).toBe("failed");
    expect(document.error).toMatchObject({ code: "ERROR", name: "RangeError", message: "n is -3" });
    expect(document.error.stack).toContain("cli/jobs.ts");
    expect(document).not.toHaveProperty("output");
  });

  test("a name that exists starts nothing and gives the same output again", async () => {
    const state = aFolder();
    const args = ["run", "jobs.ts:halve", "--name", "once", "--json", "--state", state];
    const first = await drover([...args, "--set", "n=8"]);
    const second = await drover([...args, "--set", "n=10"]);
    expect(second.code).toBe(0);
    expect(JSON.parse(second.stdout)).toEqual(JSON.parse(first.stdout));
    expect(second.stderr).toContain('Run "once" exists: nothing is started');
  });

  test("a module that is a program as well starts no run of its own", async () => {
    const state = aFolder();
    const { code, stdout } = await drover([
      "run",
      "program.ts:greet",
      "--set",
      "name=you",
      "--json",
      "--state",
      state,
    ]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).output).toBe("hello you");
    const runs = JSON.parse((await drover(["runs", "--json", "--state", state])).stdout).runs;
    expect(runs).toHaveLength(1);
  });

  test("an input is read from a file with @", async () => {
    const folder = aFolder();
    const input = join(folder, "input.json");
    writeFileSync(input, '{"n": 7}');
    const { stdout } = await drover([
      "run",
      "jobs.ts:halve",
      "--input",
      `@${input}`,
      "--json",
      "--state",
      folder,
    ]);
    expect(JSON.parse(stdout).output).toBe(3.5);
  });

  test("an older Node is refused with one sentence and exit code 2, before anything is loaded", async () => {
    const state = join(aFolder(), "state");
    const asOlder = "data:text/javascript,Object.defineProperty(process.versions,'node',{value:'20.19.0'})";
    const { code, stderr, stdout } = await drover(["run", "jobs.ts:halves", "--json", "--state", state], {
      nodeArgs: ["--import", asOlder],
    });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^Drover needs Node 24 or newer and this is Node 20\.19\.0: .*\n$/);
    expect(JSON.parse(stdout).error.code).toBe("NODE_VERSION");
    expect(existsSync(state)).toBe(false);
  });
});
