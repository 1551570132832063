/** How a replica learns what it is there for, and over which pipes it speaks to its host. */
import { DroverError } from "../../core/errors.ts";

/** File descriptors of a replica: the socket for calls, and the pipe for heartbeats. */
export const callsFd = 3;
export const heartbeatFd = 4;

const variable = "DROVER_REPLICA";

export interface Assignment {
  /** Id of the replica, under which it holds what it receives. */
  readonly id: string;
  /** What the host wants it to do, in the terms of the program that it starts. */
  readonly work: unknown;
}

/** The environment variables that carry the assignment. `work` must be JSON, up to about 100 KB. */
export function assignmentVariables(assignment: Assignment): Record<string, string> {
  return { [variable]: JSON.stringify(assignment) };
}

/** @throws DroverError with code NOT_A_REPLICA in a process that no host has started. */
export function readAssignment(variables: NodeJS.ProcessEnv): Assignment {
  const text = variables[variable];
  if (text !== undefined) return JSON.parse(text) as Assignment;
  throw new DroverError(
    `This program is started by a Drover host, which sets ${variable}. To run a task, use \`drover run FILE:TASK\`.`,
    { code: "NOT_A_REPLICA", kind: "user", retryable: false },
  );
}
