/**
 * The state machine of a run, in the States Language with JSONPath. It is plain data, so that it can be read, validated and
 * executed without a stack.
 *
 *     prepare → drive ─┬─ done ───────────→ finish
 *                ↑     ├─ continue ───────→ count ─┐
 *                │     ├─ suspended → park → count ┤
 *                └─────┼───────────────────────────┘
 *                      └─ many drives → the same run in a new execution
 *
 * Input: `{ run, task, input?, bundle?, generation? }`. What fails for good ends in abort, so that nothing of the run goes on.
 *
 * M1. A state is entered again after any error that is not an answer; each of them may be repeated.
 * M2. A parked run is driven again after an hour even if its token was never answered: a drive that has nothing to do parks
 *     again, and a wake-up that was lost costs an hour.
 * M3. An execution ends long before its 25,000 events. A loop is some 20 events where nothing is retried.
 */
import { chooseDriver, type Driver, drive, noDriver, stateOf } from "./drivers.ts";
import { abortOnError, again, invoke, lambdaTrouble, notAgain, type State } from "./states.ts";

/** ARNs of what the machine uses. */
export interface RunParts {
  readonly prepare: string;
  readonly park: string;
  readonly finish: string;
  readonly abort: string;
  readonly drivers: readonly Driver[];
  /** Partition of the ARNs, such as `aws`. */
  readonly partition: string;
}

export interface Definition {
  readonly Comment: string;
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
}

/** Drives of one execution; each has room for some 60 events. */
export const drivesMax = 400;

const timeoutSeconds = 120;
const parkedSecondsMax = 3_600;

export function runDefinition(parts: RunParts): Definition {
  const { drivers, partition } = parts;
  return {
    Comment: "One run of Drover",
    StartAt: "Prepare",
    States: {
      Prepare: prepare(parts),
      "Choose driver": chooseDriver(drivers),
      ...Object.fromEntries(drivers.map((driver) => [stateOf(driver), drive(driver, partition)])),
      "No driver": noDriver,
      "How far": howFar,
      Park: park(parts),
      "Count drives": countDrives,
      "Count executions": countExecutions,
      "Continue elsewhere": continueElsewhere(partition),
      Continued: { Type: "Succeed" },
      Finish: finish(parts),
      "Note the reason": noteReason,
      Abort: abort(parts),
      Failed: { Type: "Fail", ErrorPath: "$.failure.error", CausePath: "$.failure.cause" },
    },
  };
}

function prepare({ partition, prepare }: RunParts): State {
  return {
    ...invoke({ partition, functionArn: prepare, payload: null, timeoutSeconds }),
    ResultSelector: { "run.$": "$.Payload.run", "root.$": "$.Payload.root", drives: 1 },
    ResultPath: "$.prepared",
    Retry: [notAgain("InputError", "PolicyError", "UnknownTaskError"), again(8, "States.ALL")],
    Catch: [abortOnError],
    Next: "Choose driver",
  };
}

const howFar: State = {
  Type: "Choice",
  Choices: [
    { Variable: "$.drive.status", StringEquals: "done", Next: "Finish" },
    { Variable: "$.prepared.drives", NumericGreaterThanEquals: drivesMax, Next: "Count executions" }, // M3
    { Variable: "$.drive.status", StringEquals: "suspended", Next: "Park" },
  ],
  Default: "Count drives",
};

function park({ partition, park }: RunParts): State {
  const payload = { "run.$": "$.prepared.run", "token.$": "$$.Task.Token" };
  return {
    ...invoke({
      partition,
      functionArn: park,
      payload,
      waitsForToken: true,
      timeoutSeconds: parkedSecondsMax,
    }),
    ResultPath: null,
    Retry: [notAgain("States.Timeout"), again(8, "States.ALL")],
    Catch: [{ ErrorEquals: ["States.Timeout"], ResultPath: null, Next: "Count drives" }, abortOnError], // M2
    Next: "Count drives",
  };
}

const countDrives: State = {
  Type: "Pass",
  Parameters: {
    "run.$": "$.prepared.run",
    "root.$": "$.prepared.root",
    "drives.$": "States.MathAdd($.prepared.drives, 1)",
  },
  ResultPath: "$.prepared",
  Next: "Choose driver",
};

/** Whoever starts a run gives no generation, and need give no bundle and no input. */
const countExecutions: State = {
  Type: "Pass",
  Parameters: {
    "input.$": `States.JsonMerge(States.StringToJson('{"generation":1,"input":null,"bundle":null}'), $$.Execution.Input, false)`,
  },
  ResultPath: "$.earlier",
  Next: "Continue elsewhere",
};

/** Its name follows from the run and its generation, so a repeated request starts no second one. */
function continueElsewhere(partition: string): State {
  return {
    Type: "Task",
    Resource: `arn:${partition}:states:::states:startExecution`,
    Parameters: {
      "StateMachineArn.$": "$$.StateMachine.Id",
      "Name.$": "States.Format('{}_{}', $.run, States.MathAdd($.earlier.input.generation, 1))",
      Input: {
        "run.$": "$.run",
        "task.$": "$.task",
        "input.$": "$.earlier.input.input",
        "bundle.$": "$.earlier.input.bundle",
        "generation.$": "States.MathAdd($.earlier.input.generation, 1)",
        "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID.$": "$$.Execution.Id",
      },
    },
    ResultPath: null,
    TimeoutSeconds: timeoutSeconds,
    Retry: [notAgain("StepFunctions.ExecutionAlreadyExistsException"), again(12, "States.ALL")],
    Catch: [
      { ErrorEquals: ["StepFunctions.ExecutionAlreadyExistsException"], ResultPath: null, Next: "Continued" },
      abortOnError,
    ],
    Next: "Continued",
  };
}

/** The error of a run that failed is the error of this state, and of the execution: it is neither retried nor caught. */
function finish({ partition, finish }: RunParts): State {
  const payload = { "run.$": "$.prepared.run" };
  return {
    ...invoke({ partition, functionArn: finish, payload, timeoutSeconds }),
    OutputPath: "$.Payload",
    Retry: [again(12, ...lambdaTrouble)],
    End: true,
  };
}

/** Not every caught error has a cause, so both travel as one text. */
const noteReason: State = {
  Type: "Pass",
  Parameters: { "error.$": "$.caught.Error", "cause.$": "States.JsonToString($.caught)" },
  ResultPath: "$.failure",
  Next: "Abort",
};

function abort({ partition, abort }: RunParts): State {
  const payload = { "run.$": "$.run", "reason.$": "$.failure.cause" };
  return {
    ...invoke({ partition, functionArn: abort, payload, timeoutSeconds }),
    ResultPath: null,
    Retry: [again(12, "States.ALL")],
    Catch: [{ ErrorEquals: ["States.ALL"], ResultPath: null, Next: "Failed" }],
    Next: "Failed",
  };
}
