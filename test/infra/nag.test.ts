import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, Validations } from "aws-cdk-lib";
import { Queue } from "aws-cdk-lib/aws-sqs";
import { AwsSolutionsChecks } from "cdk-nag";
import type { IConstruct } from "constructs";
import { afterEach, describe, expect, test } from "vitest";
import { DroverStack } from "../../infra/drover-stack.ts";
import type { DroverStackProps } from "../../infra/props.ts";
import { cdkContext, fakeBundles, orchestrator } from "./sample-stack.ts";

function checkedStack(props: Partial<DroverStackProps> = {}): DroverStack {
  const app = new App({ context: cdkContext, outdir: mkdtempSync(join(tmpdir(), "drover-nag-")) });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return new DroverStack(app, "sample", { environments: [orchestrator], ...fakeBundles(), ...props });
}

const synth = (stack: DroverStack) => (stack.node.root as App).synth();

interface Acknowledged {
  readonly id: string;
  readonly reason: string;
}

function acknowledgedIn(constructs: readonly IConstruct[]): readonly Acknowledged[] {
  const key = Validations.ACKNOWLEDGED_RULES_METADATA_KEY;
  return constructs
    .flatMap(({ node }) => node.metadata)
    .filter(({ type }) => type === key)
    .flatMap(({ data }) => Object.entries(data as Readonly<Record<string, unknown>>))
    .map(([id, reason]) => ({ id, reason: String(reason) }))
    .filter(({ id }) => id.includes("AwsSolutions"));
}

describe("the rules of AWS Solutions", () => {
  afterEach(() => {
    // The check marks the process as failed when it finds something, which is what one test is about.
    process.exitCode = 0;
  });

  test("find nothing in a stack that is not meant to be so", () => {
    expect(() => synth(checkedStack())).not.toThrow();
  });

  test("find nothing in a stack on Spot without recovery", () => {
    expect(() => synth(checkedStack({ fargateSpot: true, pointInTimeRecovery: false }))).not.toThrow();
  });

  test("do find what a user adds", () => {
    const stack = checkedStack();
    new Queue(stack, "Unsafe");
    expect(() => synth(stack)).toThrow();
  });

  test("are set aside with a reason each, and never for the whole stack", () => {
    const stack = checkedStack();
    const acknowledged = acknowledgedIn(stack.node.findAll());
    expect(acknowledged.length).toBeGreaterThan(10);
    for (const { id, reason } of acknowledged) expect(reason, id).toMatch(/\w+ \w+ \w+.*[.;\w]$/);
    expect(acknowledgedIn([stack])).toEqual([]);
  });
});
