import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { buildAssets } from "../../infra/build.ts";
import { environmentsIn, reachable } from "../../infra/environments.ts";
import { functionNames } from "../../infra/function-names.ts";
import { TaskEnvironment } from "../../sdk/index.ts";

const root = resolve(import.meta.dirname, "../..");
const cdk = JSON.parse(readFileSync(join(root, "cdk.json"), "utf8")) as { app: string; context: object };

describe("the CDK app", () => {
  test("makes a stack of the module that the context names, without credentials and without Docker", () => {
    const outdir = mkdtempSync(join(tmpdir(), "drover-app-"));
    const { status, stderr } = spawnSync(process.execPath, cdk.app.split(" ").slice(1), {
      cwd: root,
      encoding: "utf8",
      env: {
        PATH: "/nowhere",
        CDK_OUTDIR: outdir,
        CDK_CONTEXT_JSON: JSON.stringify({ ...cdk.context, "drover:stack": "prod" }),
      },
    });
    expect(stderr).toBe("");
    expect(status).toBe(0);
    const template = JSON.parse(readFileSync(join(outdir, "prod.template.json"), "utf8"));
    const services = Object.values(template.Resources).filter(
      (resource) => (resource as { Type: string }).Type === "AWS::ECS::Service",
    );
    expect(services).toMatchObject([{ Properties: { ServiceName: "drover-prod--batch-processor" } }]);
  });
});

/** What the bundles export as `handler`, as a Node process without this checkout's packages sees it. */
function handlersIn(folder: string): readonly string[] {
  const lines = functionNames.map(
    (name) => `console.log("${name}: " + typeof (await import("./${name}.mjs")).handler);`,
  );
  const args = ["--input-type=module", "--eval", lines.join("\n")];
  const { stdout } = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
  return stdout.trim().split("\n");
}

describe("the build", () => {
  test("leaves a handler for each function, and the same bytes for the same sources", async () => {
    const one = join(mkdtempSync(join(tmpdir(), "drover-build-")), "build");
    const other = join(mkdtempSync(join(tmpdir(), "drover-build-")), "build");
    await buildAssets(one);
    await buildAssets(other);
    const files = readdirSync(one, { recursive: true, encoding: "utf8" }).filter((file) =>
      file.endsWith(".mjs"),
    );
    for (const file of files) {
      expect(readFileSync(join(one, file)).equals(readFileSync(join(other, file))), file).toBe(true);
    }
    expect(handlersIn(join(one, "functions"))).toEqual(functionNames.map((name) => `${name}: function`));
    expect(existsSync(join(one, "worker-image", "Dockerfile"))).toBe(true);
  });

  test("says which sources are missing", () => {
    const copy = mkdtempSync(join(tmpdir(), "drover-copy-"));
    cpSync(join(root, "infra"), join(copy, "infra"), {
      recursive: true,
      filter: (path) => !path.includes("/build") || path.endsWith("build.ts"),
    });
    symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
    mkdirSync(join(copy, "functions"));
    writeFileSync(join(copy, "functions", "prepare.ts"), "export const handler = null;\n");
    const { status, stderr } = spawnSync(process.execPath, ["infra/build.ts"], {
      cwd: copy,
      encoding: "utf8",
    });
    expect(status).toBe(1);
    expect(stderr).toMatch(/The stack cannot be built: there is no \S+functions\/drive\.ts/);
    expect(stderr).not.toContain("functions/prepare.ts");
  });
});

describe("the environments of a stack", () => {
  const far = new TaskEnvironment("far");
  const near = new TaskEnvironment("near", { dependsOn: [far] });
  const first = new TaskEnvironment("first", { dependsOn: [near, far] });

  test("are those given and all that they reach, each once and by name", () => {
    expect(reachable([first, near]).map(({ name }) => name)).toEqual(["far", "first", "near"]);
  });

  test("with equal names are refused", () => {
    const twin = { ...far, name: "far" };
    expect(() => reachable([first, twin])).toThrow(/"far".*only one environment/);
  });

  test("are found in a module of the user's", async () => {
    const names = (await environmentsIn(join(root, "examples/microbatch/app.ts"))).map(({ name }) => name);
    expect(names).toContain("batch-processor");
    expect(names).toContain("orchestrator");
  });
});
