/** Where schedules of runs are kept, and the role with which they start them. */

import { Aws, RemovalPolicy } from "aws-cdk-lib";
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { ScheduleGroup } from "aws-cdk-lib/aws-scheduler";
import type { IStateMachine } from "aws-cdk-lib/aws-stepfunctions";
import { Construct } from "constructs";
import { scheduleGroupName, scheduleRoleName } from "../sdk/backends/aws/names.ts";
import { allow, arn } from "./access.ts";

/** The group goes with the stack, and all schedules in it: what they would start is gone, too. */
export class Schedules extends Construct {
  readonly group: ScheduleGroup;
  readonly role: Role;

  constructor(scope: Construct, id: string, stack: string, machine: IStateMachine) {
    super(scope, id);
    this.group = new ScheduleGroup(this, "Group", {
      scheduleGroupName: scheduleGroupName(stack),
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.role = new Role(this, "Role", {
      roleName: scheduleRoleName(stack),
      description: "Drover: starts scheduled runs",
      assumedBy: new ServicePrincipal("scheduler.amazonaws.com", {
        // Schedules of other groups, or of other accounts, do not get this role.
        conditions: {
          StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID },
          ArnEquals: { "aws:SourceArn": arn(this, "scheduler", "schedule-group", scheduleGroupName(stack)) },
        },
      }),
    });
    allow(this.role, ["states:StartExecution"], machine.stateMachineArn);
  }
}
