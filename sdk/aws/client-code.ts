/** The code of runs, as whoever starts them sees it: bundled from files here, or published before. */

import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { TaskDefinition } from "../authoring/definitions.ts";
import type { PublishedCode } from "../backends/aws/published-code.ts";
import { InputError, PolicyError, UnknownTaskError } from "../core/errors.ts";
import { persist } from "../engine/persist.ts";
import type { World } from "../ports.ts";
import { type Bundle, bundleModule } from "./bundle.ts";
import { type BundleCache, bundleKey } from "./bundle-cache.ts";

export interface ClientCodeOptions {
  readonly world: World;
  readonly published: PublishedCode;
  readonly bundles: () => Promise<BundleCache>;
}

export class ClientCode {
  readonly #options: ClientCodeOptions;
  /** Hash by file: a process does not see its own sources change. */
  readonly #uploaded = new Map<string, Promise<string>>();

  constructor(options: ClientCodeOptions) {
    this.#options = options;
  }

  /** The hash of the task's bundle, which is in the stack when it resolves. */
  codeOf(task: TaskDefinition): Promise<string> {
    if (task.module === null) throw noFile(task);
    const file = fileURLToPath(task.module);
    const known = this.#uploaded.get(file);
    if (known !== undefined) return known;
    const uploading = bundleModule(file).then((bundle) => this.#upload(bundle));
    this.#uploaded.set(file, uploading);
    uploading.catch(() => this.#uploaded.delete(file));
    return uploading;
  }

  /** The published task, and the hash of the bundle that it is in. @throws UnknownTaskError */
  async published(task: string): Promise<{ readonly task: TaskDefinition; readonly code: string }> {
    const { world, published, bundles } = this.#options;
    const code = await persist(world, () => published.read(task));
    if (code === null) throw new UnknownTaskError({ task, known: [], suggestion: null });
    return { task: await (await bundles()).findTask(code, task), code };
  }

  async publish(file: string): Promise<{ readonly code: string; readonly tasks: readonly string[] }> {
    const { world, published, bundles } = this.#options;
    const code = await this.#upload(await bundleModule(file));
    const defined = await (await bundles()).definitions(code);
    const tasks = [...defined.tasks.keys()];
    if (tasks.length === 0) throw noTasks(resolve(file));
    await Promise.all(tasks.map((task) => persist(world, () => published.write(task, code))));
    return { code, tasks };
  }

  /** The same bytes under the same name: uploading them again changes nothing. */
  async #upload({ code, bytes }: Bundle): Promise<string> {
    const { world } = this.#options;
    await persist(world, () => world.blobs.put(bundleKey(code), bytes));
    return code;
  }
}

function noFile(task: TaskDefinition): PolicyError {
  return new PolicyError({
    what: `The place of task "${task.name}"`,
    value: "no file",
    allowed: "a module in a file, which can be bundled",
    wayOut: "Define the task in a file of its own and import it from there.",
  });
}

function noTasks(file: string): InputError {
  return new InputError("NO_TASKS", {
    what: "The module",
    value: file,
    allowed: "a module that defines tasks, and this one defines none",
    wayOut: "Name the module that defines them with environment.task(…).",
  });
}
