/** A stack of the shapes that users have, synthesized without bundling anything. */
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { DroverStack } from "../../infra/drover-stack.ts";
import { functionNames } from "../../infra/function-names.ts";
import type { DroverStackProps } from "../../infra/props.ts";
import { TaskEnvironment } from "../../sdk/index.ts";

const scoring = new TaskEnvironment("scoring", {
  resources: { cpu: 1, memory: "2Gi" },
  reusable: { replicas: [3, 10], concurrency: 5, idleTtl: "5m" },
});
/** Called by the driver, one container for each action. */
const report = new TaskEnvironment("report", { resources: { memory: "8Gi" }, dependsOn: [scoring] });
/** Too large for a function. */
const merge = new TaskEnvironment("merge", { resources: { cpu: 8, memory: "32Gi", disk: "60Gi" } });
const custom = new TaskEnvironment("custom", {
  image: "123456789012.dkr.ecr.eu-west-1.amazonaws.com/tools:v7",
});
export const orchestrator = new TaskEnvironment("orchestrator", {
  resources: { memory: "4Gi" },
  dependsOn: [scoring, report, merge, custom],
});
export const reusableNames = ["scoring"];
const singleNames = ["custom", "merge", "orchestrator", "report"];
export const environmentNames = [...reusableNames, ...singleNames].sort();

/** As the app has it: what CloudFormation would refuse fails the synth. */
export const cdkContext: Readonly<Record<string, unknown>> = JSON.parse(
  readFileSync(new URL("../../cdk.json", import.meta.url), "utf8"),
).context;

/** Folders as the build leaves them, with next to nothing in them. */
export function fakeBundles(): Pick<DroverStackProps, "functionsPath" | "workerImagePath"> {
  const folder = mkdtempSync(join(tmpdir(), "drover-infra-"));
  for (const part of ["functions", "worker-image"]) mkdirSync(join(folder, part));
  for (const name of functionNames) {
    writeFileSync(join(folder, "functions", `${name}.mjs`), "export const handler = async () => null;\n");
  }
  writeFileSync(join(folder, "worker-image", "Dockerfile"), "FROM scratch\n");
  return { functionsPath: join(folder, "functions"), workerImagePath: join(folder, "worker-image") };
}

export function sampleStack(props: Partial<DroverStackProps> = {}): DroverStack {
  return new DroverStack(new App({ context: cdkContext }), "sample", {
    environments: [orchestrator],
    ...fakeBundles(),
    ...props,
  });
}

/** Reading it as a template also refuses resources that depend on each other in a circle. */
export function templateOf(stack: DroverStack): Template {
  return Template.fromStack(stack);
}

export interface Resource {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: what CloudFormation takes has no types here.
  readonly Properties: any;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

export function resourcesOf(template: Template, type: string): ReadonlyMap<string, Resource> {
  return new Map(Object.entries(template.findResources(type) as Record<string, Resource>));
}

/** A value with references shown as `<LogicalId>` or `<LogicalId.Attribute>`, as in one text. */
export function text(value: unknown): string {
  if (Array.isArray(value)) return value.map(text).join(", ");
  if (typeof value !== "object" || value === null) return String(value);
  const [kind, given] = Object.entries(value)[0] ?? [];
  if (kind === "Ref") return `<${given}>`;
  if (kind === "Fn::GetAtt") return `<${given.join(".")}>`;
  if (kind === "Fn::Join") return given[1].map(text).join(given[0]);
  return JSON.stringify(value);
}
