/** Runs that are stopped, killed, resumed, aborted and looked at, each by a process of its own. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { aFolder, drover, startDrover } from "./cli-process.ts";

/** Starts a run of 12 actions and answers when each has done its work; they then sleep for so long. */
async function aLongRun(name: string, waitMs: number) {
  const folder = aFolder();
  const state = join(folder, "state");
  const done = join(folder, "done.txt");
  const settings = ["--set", "count=12", "--set", `waitMs=${waitMs}`, "--set", `done=${done}`];
  const host = startDrover(["run", "jobs.ts:halves", "--name", name, "--state", state, ...settings]);
  await host.says("halved", 12);
  return { state, done, host };
}

function linesOf(file: string): string[] {
  return readFileSync(file, "utf8").trim().split("\n");
}

const halves = Array.from({ length: 12 }, (_, n) => n / 2);

describe("a run whose process is killed", () => {
  test("goes on with drover resume, and no finished trace runs again", async () => {
    const { state, done, host } = await aLongRun("killed", 1_500);
    host.child.kill("SIGKILL");
    await host.ended;
    const { code, stdout } = await drover(["resume", "killed", "--json", "--state", state]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      run: "killed",
      status: "succeeded",
      output: halves,
      actions: { total: 13, succeeded: 13 },
      traces: { executed: 12 },
    });
    expect(linesOf(done)).toHaveLength(12);
  });

  test("is among those that resume takes up when none is named", async () => {
    const { state, host } = await aLongRun("left", 1_500);
    host.child.kill("SIGKILL");
    await host.ended;
    const first = await drover(["resume", "--json", "--state", state]);
    expect(first.code).toBe(0);
    expect(JSON.parse(first.stdout)).toMatchObject({
      runs: [{ run: "left", status: "succeeded", output: halves }],
    });
    const second = await drover(["resume", "--state", state]);
    expect(second).toMatchObject({ code: 0, stdout: `No run in ${state} is unfinished.\n` });
  });

  test("that has ended before gives its output again", async () => {
    const state = aFolder();
    await drover(["run", "jobs.ts:halve", "--set", "n=3", "--name", "over", "--state", state]);
    const { code, stdout } = await drover(["resume", "over", "--json", "--state", state]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ run: "over", status: "succeeded", output: 1.5 });
  });
});

describe("Ctrl-C", () => {
  test("stops the run in order, says how it goes on, and exits with 130", async () => {
    const { state, host } = await aLongRun("stopped", 4_000);
    host.child.kill("SIGINT");
    const { code, stderr } = await host.ended;
    expect(code).toBe(130);
    expect(stderr).toContain("Stopping.");
    expect(stderr).toContain(`Stopped. Run \`drover resume stopped --state ${state}\` to go on.`);
    const resumed = await drover(["resume", "stopped", "--json", "--state", state]);
    expect(JSON.parse(resumed.stdout)).toMatchObject({ status: "succeeded", output: halves });
  });

  test("prints one document with --json", async () => {
    const state = aFolder();
    const args = [
      "run",
      "jobs.ts:halve",
      "--input",
      '{"n":1,"waitMs":60000}',
      "--name",
      "doc",
      "--json",
      "--state",
      state,
    ];
    const host = startDrover(args);
    await host.says("halving 1");
    host.child.kill("SIGTERM");
    const { code, stdout } = await host.ended;
    expect(code).toBe(130);
    const document = JSON.parse(stdout);
    expect(document).toMatchObject({ run: "doc", error: { code: "STOPPED" } });
    expect(["running", "suspended"]).toContain(document.status);
  });

  test("twice ends the process at once", async () => {
    const state = aFolder();
    const host = startDrover(["run", "jobs.ts:stubborn", "--name", "twice", "--state", state]);
    await host.says("I do not listen");
    host.child.kill("SIGINT");
    await host.says("Stopping.");
    host.child.kill("SIGINT");
    const { code, stderr } = await host.ended;
    expect(code).toBe(130);
    expect(stderr).not.toContain("Stopped.");
  });
});

describe("abort", () => {
  test("from another process ends a run that is under way, with the reason", async () => {
    const { state, host } = await aLongRun("unwanted", 60_000);
    const abort = await drover(["abort", "unwanted", "--reason", "too late", "--json", "--state", state]);
    expect(abort.code).toBe(0);
    expect(JSON.parse(abort.stdout)).toMatchObject({ run: "unwanted", status: "aborted" });
    const { code, stderr } = await host.ended;
    expect(code).toBe(1);
    expect(stderr).toContain("too late");
    const shown = JSON.parse((await drover(["show", "unwanted", "--json", "--state", state])).stdout);
    expect(shown).toMatchObject({ status: "aborted", error: { code: "ACTION_ABORTED" } });
    expect(shown.actions).toMatchObject({ queued: 0, running: 0, suspended: 0 });
  });

  test("ends a run that no process attends to", async () => {
    const { state, host } = await aLongRun("orphan", 60_000);
    host.child.kill("SIGKILL");
    await host.ended;
    const abort = await drover(["abort", "orphan", "--state", state]);
    expect(abort).toMatchObject({ code: 0, stdout: 'Run "orphan" is aborted.\n' });
    const again = await drover(["abort", "orphan", "--state", state]);
    expect(again).toMatchObject({ code: 0, stdout: 'Run "orphan" had ended before: aborted.\n' });
  });
});

describe("a look at a run", () => {
  test("is possible while it is under way", async () => {
    const { state, host } = await aLongRun("busy", 5_000);
    const runs = JSON.parse((await drover(["runs", "--json", "--state", state])).stdout).runs;
    expect(runs).toMatchObject([{ run: "busy", task: "cli-driver.halves", actions: { total: 13 } }]);
    const shown = JSON.parse((await drover(["show", "busy", "--json", "--state", state])).stdout);
    expect(shown).toMatchObject({
      run: "busy",
      error: null,
      endedAt: null,
      traces: { executed: expect.any(Number) },
    });
    const text = await drover(["show", "busy", "--state", state]);
    expect(text.stdout).not.toContain("Go on with");
    const logs = await drover(["logs", "busy", "a0", "--state", state]);
    expect(logs.stdout).toBe("halving 12 numbers\n");
    const followed = startDrover(["logs", "busy", "--follow", "--state", state]);
    await followed.says("halving 0");
    expect((await host.ended).code).toBe(0);
    const { code, stdout } = await followed.ended;
    expect(code).toBe(0);
    expect(stdout.match(/halving/g)).toHaveLength(13);
    expect(stdout.match(/halved/g)).toHaveLength(12);
  });

  test("shows its latest failures and lists its actions", async () => {
    const state = aFolder();
    await drover(["run", "jobs.ts:halves", "--set", "from=-2", "--name", "bad", "--state", state]);
    const { stdout } = await drover(["show", "bad", "--state", state]);
    expect(stdout).toMatch(/^bad {2}failed/);
    expect(stdout).toContain("caused by Error: less than nothing");
    expect(stdout).toMatch(/The latest of \d failed actions:\nACTION +TASK +STATUS/);
    const failed = JSON.parse(
      (await drover(["show", "bad", "--status", "failed", "--json", "--state", state])).stdout,
    );
    expect(failed.actions[0]).toMatchObject({
      action: "a0",
      task: "cli-driver.halves",
      error: "RangeError: n is -2",
    });
    const table = await drover(["show", "bad", "--actions", "--limit", "2", "--state", state]);
    expect(table.stdout.trim().split("\n")).toHaveLength(3);
  });

  test("finds the lines of one action by the beginning of its id, with level and fields", async () => {
    const state = aFolder();
    await drover(["run", "jobs.ts:echo", "--set", "a=1", "--name", "say", "--state", state]);
    const { stdout } = await drover(["logs", "say", "--json", "--state", state]);
    expect(JSON.parse(stdout).lines).toMatchObject([
      { action: "a0", level: "warn", text: "echoing", fields: { type: "object" } },
    ]);
    await drover(["run", "jobs.ts:halves", "--set", "count=2", "--name", "two", "--state", state]);
    const { lines } = JSON.parse((await drover(["logs", "two", "--json", "--state", state])).stdout);
    const id = lines.at(-1).action.slice(0, 8);
    const one = await drover(["logs", "two", id, "--state", state]);
    expect(one.stdout).toMatch(new RegExp(`^${id} │ halving (\\d)\n${id} │ halved \\1\n$`));
  });
});
