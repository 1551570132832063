import { mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { definedTasks } from "../../sdk/authoring/registry.ts";
import { bundleModule } from "../../sdk/aws/bundle.ts";
import { BundleCache, bundleKey } from "../../sdk/aws/bundle-cache.ts";
import { createMemoryBackend } from "../../sdk/backends/memory/backend.ts";
import { seededEntropy } from "../../sdk/backends/memory/seeded-entropy.ts";
import { run, TaskEnvironment } from "../../sdk/index.ts";
import { openTestBackend } from "../../sdk/testing.ts";
import { realClock } from "../support/real-clock.ts";
import { aRun, aSpec } from "../support/records.ts";

function folder(): string {
  return mkdtempSync(join(tmpdir(), "drover-bundles-"));
}

function aWorld() {
  return createMemoryBackend({ clock: realClock, entropy: seededEntropy(1) });
}

/** A module with one task, which answers the version. */
function moduleOf(version: string, more = "", dir = folder()): string {
  const file = join(dir, "jobs.ts");
  writeFileSync(
    file,
    `import { TaskEnvironment } from "drover";
     import { words } from "./words.ts";
     const jobs = new TaskEnvironment("jobs");
     export const answer = jobs.task(async function answer(name: string) { return words(name) + ${JSON.stringify(version)}; });
     ${more}`,
  );
  writeFileSync(join(dir, "words.ts"), `export const words = (name: string): string => name + " by ";`);
  return file;
}

async function loaded(...files: readonly string[]) {
  const world = aWorld();
  const dir = folder();
  const cache = new BundleCache({ world, dir, filesMax: 2 });
  const codes: string[] = [];
  for (const file of files) {
    const { code, bytes } = await bundleModule(file);
    await world.blobs.put(bundleKey(code), bytes);
    codes.push(code);
  }
  return { world, cache, codes, dir };
}

describe("a bundle", () => {
  it("is one file with everything but drover, and the same wherever its sources are", async () => {
    const [first, second] = [await bundleModule(moduleOf("1")), await bundleModule(moduleOf("1"))];
    const text = Buffer.from(first.bytes).toString();
    expect(text).toContain('from "drover"');
    expect(text).toContain(" by ");
    expect(second.code).toBe(first.code);
    expect((await bundleModule(moduleOf("2"))).code).not.toBe(first.code);
  });

  it("of a module that cannot be read is refused with the place of the error", async () => {
    const file = moduleOf("1", "const = 3;");
    await expect(bundleModule(file)).rejects.toMatchObject({
      code: "NOT_BUNDLED",
      message: expect.stringContaining("jobs.ts:5"),
    });
  });

  it("of one version does not see the tasks of another in the same process", async () => {
    const { world, cache, codes } = await loaded(moduleOf("one"), moduleOf("two"));
    for (const [at, code] of codes.entries()) {
      await world.store.createRun(aRun({ name: `run-${at}`, code }));
    }
    const spec = (at: number) => aSpec({ id: `run-${at}/a0`, name: "jobs.answer" });
    const bodies = await Promise.all([0, 1, 0].map((at) => cache.resolveTask("jobs.answer", spec(at))));
    expect(await Promise.all(bodies.map((body) => body("sung")))).toEqual([
      "sung by one",
      "sung by two",
      "sung by one",
    ]);
    expect(definedTasks().has("jobs.answer")).toBe(false);
  });

  it("that starts a run when it is loaded is stopped there, and its tasks are known", async () => {
    const program = `import { run } from "drover"; import { openLocal } from "drover/local";
      const backend = await openLocal({ dir: "/nowhere" }); await run(answer, "x", { backend });
      throw new Error("It went on.");`;
    const { cache, codes } = await loaded(moduleOf("one", program));
    expect((await cache.findTask(codes[0] ?? "", "jobs.answer")).name).toBe("jobs.answer");
  });

  it("leaves it to the process that loaded it to start runs", async () => {
    const { cache, codes } = await loaded(moduleOf("one"));
    await cache.definitions(codes[0] ?? "");
    const backend = openTestBackend();
    const own = new TaskEnvironment("own-jobs");
    const double = own.task(async function double(n: number) {
      return n * 2;
    });
    const handle = await run(double, 4, { backend });
    expect(await backend.clock.runUntil(handle.result())).toBe(8);
    backend.close();
  });

  it("whose bytes are not those of its hash is not loaded", async () => {
    const { world, cache, codes } = await loaded(moduleOf("one"));
    const [code = ""] = codes;
    await world.blobs.put(bundleKey(code), Buffer.from("export {}"));
    await expect(cache.findTask(code, "jobs.answer")).rejects.toMatchObject({
      code: "STORAGE",
      message: expect.stringContaining("SHA-256"),
    });
  });

  it("that is not there is an error with its key", async () => {
    const { cache } = await loaded();
    const missing = "0".repeat(64);
    await expect(cache.findTask(missing, "jobs.answer")).rejects.toThrow(bundleKey(missing));
  });

  it("that was not used for longest leaves the folder, and still answers", async () => {
    const { cache, codes, dir } = await loaded(moduleOf("a"), moduleOf("b"), moduleOf("c"));
    for (const code of codes) await cache.findTask(code, "jobs.answer");
    await new Promise((resolve) => setTimeout(resolve, 50));
    const files = readdirSync(dir).filter((name) => name.endsWith(".mjs"));
    expect(files.toSorted()).toEqual(
      codes
        .slice(1)
        .map((code) => `${code}.mjs`)
        .toSorted(),
    );
    expect((await cache.findTask(codes[0] ?? "", "jobs.answer")).environment).toBe("jobs");
  });

  it("uses the errors and traces of the process that loads it", async () => {
    const { cache, codes } = await loaded(
      moduleOf(
        "1",
        `export { NonRecoverableError } from "drover"; import { NonRecoverableError } from "drover";
        export const fails = jobs.task(async function fails() { throw new NonRecoverableError("no"); });`,
      ),
    );
    const { NonRecoverableError } = await import("../../sdk/index.ts");
    const task = await cache.findTask(codes[0] ?? "", "jobs.fails");
    await expect((task.fn as () => Promise<unknown>)()).rejects.toBeInstanceOf(NonRecoverableError);
  });
});
