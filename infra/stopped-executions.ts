/** Ends runs whose executions end without them. */
import { Rule } from "aws-cdk-lib/aws-events";
import { LambdaFunction } from "aws-cdk-lib/aws-events-targets";
import type { Construct } from "constructs";
import type { CoreFunctions } from "./core-functions.ts";
import type { RunMachine } from "./run-machine.ts";

/** An execution that was stopped in the console, or ran out of time, passes no further state: nothing of its run may go on. */
export function abortWithExecutions(scope: Construct, functions: CoreFunctions, machine: RunMachine): void {
  new Rule(scope, "StoppedExecutions", {
    description: "Drover: ends runs whose executions were stopped",
    eventPattern: {
      source: ["aws.states"],
      detailType: ["Step Functions Execution Status Change"],
      detail: { stateMachineArn: [machine.machine.stateMachineArn], status: ["ABORTED", "TIMED_OUT"] },
    },
    targets: [new LambdaFunction(functions.abort.fn)],
  });
}
