/** The right to start containers of environments one by one. */
import { PolicyStatement, type Role } from "aws-cdk-lib/aws-iam";
import { fleetName } from "../sdk/backends/aws/names.ts";
import { allow, arn } from "./access.ts";
import { acknowledgeWildcard } from "./acknowledge.ts";
import type { EnvironmentParts } from "./environment.ts";
import type { StackContext } from "./stack-context.ts";

/** Any revision of each environment's task definition, in the stack's cluster, under the roles that it names. */
export function runTaskIn(
  context: StackContext,
  role: Role,
  environments: readonly EnvironmentParts[],
): void {
  if (environments.length === 0) return;
  const families = environments.map(({ definition }) =>
    arn(role, "ecs", "task-definition", `${fleetName(context.name, definition.name)}:*`),
  );
  role.addToPrincipalPolicy(
    new PolicyStatement({
      actions: ["ecs:RunTask"],
      resources: families,
      conditions: { ArnEquals: { "ecs:cluster": context.cluster.clusterArn } },
    }),
  );
  for (const family of families) {
    const reason = "A deployment makes a new revision, and a run that is under way then uses it.";
    acknowledgeWildcard(role, family, reason);
  }
  const roles = environments.flatMap(({ role: own, worker }) => [
    own.roleArn,
    worker.definition.obtainExecutionRole().roleArn,
  ]);
  allow(role, ["iam:PassRole"], ...roles);
}
