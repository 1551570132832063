/** The pieces that states of the run's state machine are made of. */

export type State = Readonly<Record<string, unknown>>;

/** Failures of Lambda itself, and of a function that died: never the answer of a function. */
export const lambdaTrouble = [
  "Lambda.ClientExecutionTimeoutException",
  "Lambda.ServiceException",
  "Lambda.AWSLambdaException",
  "Lambda.SdkClientException",
  "Lambda.TooManyRequestsException",
  "Lambda.Unknown",
  "Runtime.ExitError",
  "Runtime.OutOfMemory",
  "Sandbox.Timedout",
  "States.Timeout",
] as const;

/** Errors that another attempt would meet again. */
export function notAgain(...errors: readonly string[]): State {
  return { ErrorEquals: errors, MaxAttempts: 0 };
}

/** Errors after which the state is entered again, up to `attempts` times, with growing random pauses of at most a minute. */
export function again(attempts: number, ...errors: readonly string[]): State {
  return {
    ErrorEquals: errors,
    IntervalSeconds: 1,
    BackoffRate: 2,
    MaxDelaySeconds: 60,
    MaxAttempts: attempts,
    JitterStrategy: "FULL",
  };
}

/** Whatever a state fails with for good ends the run, with all that is under way in it. */
export const abortOnError: State = {
  ErrorEquals: ["States.ALL"],
  ResultPath: "$.caught",
  Next: "Note the reason",
};

export interface Invocation {
  readonly partition: string;
  readonly functionArn: string;
  /** What the function is given; null for the whole input of the state. */
  readonly payload: State | null;
  /** The state ends when its task token is answered, not when the function returns. */
  readonly waitsForToken?: boolean;
  readonly timeoutSeconds: number;
}

/** A task state that invokes a function. */
export function invoke(call: Invocation): State {
  const suffix = call.waitsForToken === true ? ".waitForTaskToken" : "";
  return {
    Type: "Task",
    Resource: `arn:${call.partition}:states:::lambda:invoke${suffix}`,
    Parameters: {
      FunctionName: call.functionArn,
      ...(call.payload === null ? { "Payload.$": "$" } : { Payload: call.payload }),
    },
    TimeoutSeconds: call.timeoutSeconds,
  };
}
