/** Findings of cdk-nag that are meant to be as they are, with the reason, beside the construct that they are about. */
import { Stack, Validations } from "aws-cdk-lib";
import type { IConstruct } from "constructs";

/** @param reasons By rule, as in `AwsSolutions-SQS3`. They hold for the construct and all within it. */
export function acknowledge(construct: IConstruct, reasons: Readonly<Record<string, string>>): void {
  for (const [id, reason] of Object.entries(reasons)) Validations.of(construct).acknowledge({ id, reason });
}

/** A right on resources that nobody can list at deployment. @param resource ARN with a wildcard, or `*`. */
export function acknowledgeWildcard(construct: IConstruct, resource: string, reason: string): void {
  const shown = flat(Stack.of(construct).resolve(resource));
  acknowledge(construct, { [`AwsSolutions-IAM5[Resource::${shown}]`]: reason });
}

/** A resolved value as findings show it: references in angle brackets. */
function flat(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  const [kind, given] = Object.entries(value)[0] ?? [];
  if (kind === "Ref") return `<${given}>`;
  if (kind === "Fn::GetAtt" && Array.isArray(given)) return `<${given.join(".")}>`;
  if (kind === "Fn::Join" && Array.isArray(given)) return given[1].map(flat).join(given[0]);
  throw new Error(`Broken invariant: a resource of a policy is ${JSON.stringify(value)}.`);
}
