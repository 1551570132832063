/** The command line as a user's shell runs it: the built program, in a process of its own. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const program = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
/** Where the commands run, so that tests name modules as users do. */
const fixtures = fileURLToPath(new URL("../support/fixtures/cli/", import.meta.url));

export interface Ended {
  /** Exit code; null where a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Ended>;
  /** Resolves when stdout and stderr together hold the text, as often as is asked for. */
  says(text: string, times?: number): Promise<void>;
}

export interface DroverOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly nodeArgs?: readonly string[];
}

/** Starts a command; it is killed when the test ends. */
export function startDrover(args: readonly string[], options: DroverOptions = {}): Started {
  if (!existsSync(program)) throw new Error(`There is no ${program}: build it first, with npm run build.`);
  const child = spawn(process.execPath, [...(options.nodeArgs ?? []), program, ...args], {
    cwd: options.cwd ?? fixtures,
    env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: undefined, ...options.env },
  });
  child.stdin.end();
  const written = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      written[name] += text;
    });
  }
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, ...written }));
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  const says = (text: string, times = 1) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (`${written.stdout}${written.stderr}`.split(text).length > times) resolve();
      };
      child.stdout.on("data", look);
      child.stderr.on("data", look);
      child.on("close", () =>
        reject(new Error(`It ended without saying "${text}": ${JSON.stringify(written)}`)),
      );
      look();
    });
  return { child, ended, says };
}

/** Runs a command to its end. */
export function drover(args: readonly string[], options: DroverOptions = {}): Promise<Ended> {
  return startDrover(args, options).ended;
}

/** A folder that is gone after the test. */
export function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "drover-cli-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }));
  return folder;
}
