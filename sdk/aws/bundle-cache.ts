/**
 * The bundles that a process executes. Each is loaded once, from a file that is named by its hash, and keeps its tasks to
 * itself: runs of several versions of the same code go on side by side.
 */
import { createHash } from "node:crypto";
import { mkdir, realpath, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { EnvironmentDefinition, TaskDefinition } from "../authoring/definitions.ts";
import { loadCodeApart } from "../authoring/load-code.ts";
import { definedEnvironments, definedTasks, findTask } from "../authoring/registry.ts";
import { runTask } from "../authoring/task.ts";
import { StorageError } from "../core/errors.ts";
import type { ActionSpec } from "../core/records.ts";
import type { TaskBody } from "../engine/execute.ts";
import { persist } from "../engine/persist.ts";
import type { World } from "../ports.ts";
import { writeDroverPackage } from "./drover-package.ts";

/** Where the bundle of that hash is among the blobs. */
export function bundleKey(hash: string): string {
  return `bundles/${hash}.mjs`;
}

export interface BundleCacheOptions {
  readonly world: World;
  /** Folder that this process may write to; made where there is none. */
  readonly dir: string;
  /** Files kept in it; the one not used for longest goes first. Default: 20. */
  readonly filesMax?: number;
}

const filesMaxDefault = 20;
/** A run's code never changes, so it is remembered; runs that came long ago are forgotten. */
const runsKeptMax = 1_000;

export class BundleCache {
  readonly #world: World;
  readonly #dir: string;
  readonly #filesMax: number;
  /** File URL by hash, the latest used last. */
  readonly #files = new Map<string, Promise<string>>();
  readonly #codeOfRun = new Map<string, Promise<string>>();
  #folder: Promise<string> | null = null;

  constructor({ world, dir, filesMax = filesMaxDefault }: BundleCacheOptions) {
    this.#world = world;
    this.#dir = dir;
    this.#filesMax = filesMax;
  }

  /** A task of the bundle. @throws UnknownTaskError; StorageError for a bundle that is not there or damaged. */
  async findTask(hash: string, task: string): Promise<TaskDefinition> {
    return findTask(task, await this.#load(hash));
  }

  /** What the bundle defines. */
  async definitions(hash: string): Promise<{
    readonly tasks: ReadonlyMap<string, TaskDefinition>;
    readonly environments: ReadonlyMap<string, EnvironmentDefinition>;
  }> {
    const url = await this.#load(hash);
    return { tasks: definedTasks(url), environments: definedEnvironments(url) };
  }

  /** The code of a task as the run of the action has pinned it: for a Worker. */
  async resolveTask(name: string, spec: ActionSpec): Promise<TaskBody> {
    const definition = await this.findTask(await this.#codeOf(spec.run), name);
    return (input) => runTask(definition, input);
  }

  #codeOf(run: string): Promise<string> {
    return remembered(this.#codeOfRun, run, runsKeptMax, async () => {
      const record = await persist(this.#world, () => this.#world.store.readRun(run));
      if (record === null) throw missing(`read the record of run "${run}"`);
      return record.code;
    });
  }

  async #load(hash: string): Promise<string> {
    const url = await remembered(this.#files, hash, this.#filesMax, () => this.#fetch(hash), remove);
    // What is loaded stays loaded: its file is needed no more.
    await loadCodeApart(url);
    return url;
  }

  /** Writes the bundle's file, unless its bytes are not those that the hash stands for. */
  async #fetch(hash: string): Promise<string> {
    this.#folder ??= prepareFolder(this.#dir);
    const dir = await this.#folder;
    const key = bundleKey(hash);
    const bytes = await persist(this.#world, () => this.#world.blobs.get(key));
    if (bytes === null) throw missing(`read bundle "${key}"`);
    const actual = createHash("sha256").update(bytes).digest("hex");
    if (actual !== hash) {
      throw new StorageError({
        operation: `use bundle "${key}"`,
        retryable: false,
        cause: `its SHA-256 is ${actual}`,
      });
    }
    const file = join(dir, `${hash}.mjs`);
    // Another process may share the folder, and never sees half a file.
    const part = `${file}.${process.pid}`;
    await writeFile(part, bytes);
    await rename(part, file);
    return pathToFileURL(file).href;
  }
}

/** A module's URL has no links in it. */
async function prepareFolder(dir: string): Promise<string> {
  await mkdir(dir, { recursive: true });
  const real = await realpath(dir);
  await writeDroverPackage(real);
  return real;
}

/** The value of the key: made once at a time, and forgotten when it fails or when `max` others were used since. */
function remembered(
  values: Map<string, Promise<string>>,
  key: string,
  max: number,
  make: () => Promise<string>,
  onForgotten: (value: Promise<string>) => void = () => undefined,
): Promise<string> {
  const value = values.get(key) ?? make();
  values.delete(key);
  values.set(key, value);
  value.catch(() => values.delete(key));
  const [oldest] = values;
  if (values.size > max && oldest !== undefined) {
    values.delete(oldest[0]);
    onForgotten(oldest[1]);
  }
  return value;
}

/** Fails where another process has removed it, which is as good. */
function remove(url: Promise<string>): void {
  void url.then((file) => rm(new URL(file), { force: true })).catch(() => undefined);
}

function missing(operation: string): StorageError {
  return new StorageError({ operation, retryable: false, cause: "it does not exist" });
}
