/**
 * A folder in which tests run the built program `drover` as its users do. Everything that is started there works in that
 * folder, so that whatever is left of it can be found, looked at and ended: hosts, replicas, and what those have started.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DroverError } from "../../sdk/core/errors.ts";
import { type LocalView, openLocalView } from "../../sdk/local.ts";
import { isAlive, processesIn, type SeenProcess } from "./e2e-processes.ts";
import { eventually } from "./e2e-wait.ts";

const program = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

/** What vitest hands to a test: tests that run at the same time have one each. */
export type OnTestFinished = (cleanUp: () => Promise<void>) => void;

export interface DroverExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface DroverProcess {
  readonly pid: number;
  readonly exited: Promise<DroverExit>;
  /** What it has printed to stderr so far. */
  readonly stderr: () => string;
  readonly signal: (signal: NodeJS.Signals) => void;
}

/** A document as `--json` prints it, as far as tests look into it. */
export interface PrintedRun {
  readonly run: string;
  readonly status: string | null;
  readonly output?: unknown;
  readonly outputBytes?: number;
  readonly error: {
    readonly code: string;
    readonly name: string;
    readonly message: string;
    readonly stack: string | null;
  } | null;
  readonly actions: Readonly<Record<"total" | "succeeded" | "failed" | "aborted", number>>;
  readonly durationMs: number;
}

export interface Place {
  readonly dir: string;
  /** The state folder of what runs here. */
  readonly state: string;
  start(args: readonly string[], variables?: Readonly<Record<string, string>>): DroverProcess;
  /** Starts it and waits for its end. */
  drover(args: readonly string[], variables?: Readonly<Record<string, string>>): Promise<DroverExit>;
  /** Processes that work here, oldest first. */
  processes(): readonly SeenProcess[];
  replicas(environment?: string): readonly SeenProcess[];
  /** Resolves when no replica works here any more. */
  untilNoReplicas(): Promise<void>;
  view<T>(look: (view: LocalView) => Promise<T>): Promise<T>;
}

export function aPlace(onTestFinished: OnTestFinished): Place {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), "drover-e2e-")));
  const state = join(dir, ".drover");
  onTestFinished(async () => {
    for (let rounds = 0; rounds < 100 && processesIn(dir).length > 0; rounds += 1) {
      for (const { pid } of processesIn(dir)) endNow(pid);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  });
  const start: Place["start"] = (args, variables = {}) => {
    const child = spawn(process.execPath, [program, ...args], {
      cwd: dir,
      env: { ...process.env, ...variables },
      stdio: ["ignore", "pipe", "pipe"],
    });
    return watched(child);
  };
  const replicas = (environment?: string) =>
    processesIn(dir).filter(
      (one) =>
        one.replica !== null && (environment === undefined || environmentOf(one.replica) === environment),
    );
  return {
    dir,
    state,
    start,
    drover: (args, variables) => start(args, variables).exited,
    processes: () => processesIn(dir),
    replicas,
    untilNoReplicas: async () => {
      await eventually("the replicas are gone", () => replicas().length === 0);
    },
    view: async (look) => {
      const view = openLocalView(state);
      try {
        return await look(view);
      } finally {
        view.close();
      }
    },
  };
}

/** What the look answers, or null where there is no state yet. */
export async function ifAny<T>(look: () => Promise<T>): Promise<T | null> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof DroverError && error.code === "NO_STATE") return null;
    throw error;
  }
}

/** The document that a command has printed. */
export function printed({ code, signal, stdout, stderr }: DroverExit): PrintedRun {
  try {
    return JSON.parse(stdout) as PrintedRun;
  } catch {
    throw new Error(`It ended with ${signal ?? code}, and printed no document: ${stdout}\n${stderr}`);
  }
}

function watched(child: ChildProcess): DroverProcess {
  const { pid, stdout, stderr } = child;
  if (pid === undefined || stdout === null || stderr === null)
    throw new Error("drover could not be started.");
  const texts = { stdout: "", stderr: "" };
  stdout.setEncoding("utf8").on("data", (text: string) => {
    texts.stdout += text;
  });
  stderr.setEncoding("utf8").on("data", (text: string) => {
    texts.stderr += text;
  });
  const exited = (once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>).then(
    ([code, signal]) => ({ code, signal, ...texts }),
  );
  return { pid, exited, stderr: () => texts.stderr, signal: (signal) => void child.kill(signal) };
}

/** A replica's id is the name of its environment and a random part of 36 characters. */
export function environmentOf(replica: string): string {
  return replica.slice(0, -37);
}

export function endNow(pid: number): void {
  if (!isAlive(pid)) return;
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It went by itself meanwhile.
  }
}
