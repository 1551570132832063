import validate from "asl-validator";
import { StateMachine } from "aws-local-stepfunctions";
import { describe, expect, test } from "vitest";
import { type Definition, drivesMax, runDefinition } from "../../infra/run/definition.ts";
import { environmentNames, resourcesOf, sampleStack, templateOf, text } from "./sample-stack.ts";

const arn = (name: string) => `arn:aws:lambda:eu-west-1:123456789012:function:${name}`;

const definition = runDefinition({
  partition: "aws",
  prepare: arn("prepare"),
  park: arn("park"),
  finish: arn("finish"),
  abort: arn("abort"),
  drivers: [
    { environment: "orchestrator", kind: "lambda", functionArn: arn("drive") },
    {
      environment: "merge",
      kind: "container",
      task: {
        cluster: "cluster",
        taskDefinition: "family",
        container: "worker",
        subnets: ["subnet-1"],
        securityGroups: ["sg-1"],
        assignPublicIp: "ENABLED",
        runVariable: "DROVER_RUN",
        tokenVariable: "DROVER_TASK_TOKEN",
      },
    },
  ],
});

const started = { run: "nightly", task: "orchestrator.nightly", input: "aGk=", bundle: "abc" };

class NamedError extends Error {
  constructor(name: string) {
    super(`The message of ${name}.`);
    this.name = name;
  }
}

type Handler = (input: never) => unknown;

const usual: Readonly<Record<string, Handler>> = {
  Prepare: ({ Payload }: { Payload: { run: string } }) => ({
    Payload: { run: Payload.run, root: "nightly/a0" },
  }),
  "Drive orchestrator": () => ({ Payload: { status: "done" } }),
  "Drive merge": () => ({ status: "done" }),
  Park: () => ({ woken: true }),
  "Continue elsewhere": () => ({ executionArn: "other" }),
  Finish: ({ Payload }: { Payload: { run: string } }) => ({
    Payload: { run: Payload.run, status: "succeeded" },
  }),
  Abort: () => ({ Payload: {} }),
};

/** Runs the definition with an interpreter that is not ours; tells what happened, and with which parameters. */
async function execute(
  handlers: Readonly<Record<string, Handler>> = {},
  input: Readonly<Record<string, string | number>> = started,
) {
  const visited: string[] = [];
  const parameters: Record<string, unknown> = {};
  const taskResourceLocalHandlers = Object.fromEntries(
    Object.entries({ ...usual, ...handlers }).map(([state, handle]) => [
      state,
      async (given: never) => {
        visited.push(state);
        parameters[state] = given;
        return handle(given);
      },
    ]),
  );
  const retryIntervalOverrides = Object.fromEntries(
    Object.keys(definition.States).map((state) => [state, 0]),
  );
  const machine = new StateMachine(definition as unknown as ConstructorParameters<typeof StateMachine>[0]);
  const context = {
    Execution: { Id: "execution-arn", Input: input, Name: "nightly" },
    StateMachine: { Id: "machine-arn" },
    Task: { Token: "token-1" },
  };
  const overrides = { taskResourceLocalHandlers, retryIntervalOverrides };
  // The interpreter has types for JSON; handlers here say what they read of it.
  const options = { overrides, context } as unknown as Parameters<StateMachine["run"]>[1];
  const running = machine.run(input, options);
  const end = await running.result.then(
    (output: unknown) => ({ output, error: null }),
    (error: Error) => ({ output: null, error }),
  );
  return { visited, parameters, ...end };
}

/** Answers one after the other, and the last one again and again. */
function answers(...values: readonly unknown[]): Handler {
  let at = 0;
  return () => values[Math.min(at++, values.length - 1)];
}

const status = (value: string) => ({ Payload: { status: value } });

describe("a run, executed by another interpreter", () => {
  test("is prepared, driven and finished", async () => {
    const { visited, output, parameters } = await execute();
    expect(visited).toEqual(["Prepare", "Drive orchestrator", "Finish"]);
    expect(output).toEqual({ run: "nightly", status: "succeeded" });
    expect(parameters).toMatchObject({
      Prepare: { FunctionName: arn("prepare"), Payload: started },
      "Drive orchestrator": { FunctionName: arn("drive"), Payload: { run: "nightly", root: "nightly/a0" } },
      Finish: { Payload: { run: "nightly" } },
    });
  });

  test("is driven again when its driver's time is up", async () => {
    const { visited } = await execute({ "Drive orchestrator": answers(status("continue"), status("done")) });
    expect(visited).toEqual(["Prepare", "Drive orchestrator", "Drive orchestrator", "Finish"]);
  });

  test("is parked with a token while it waits, and driven again when that is answered", async () => {
    const { visited, parameters } = await execute({
      "Drive orchestrator": answers(status("suspended"), status("done")),
    });
    expect(visited).toEqual(["Prepare", "Drive orchestrator", "Park", "Drive orchestrator", "Finish"]);
    expect(parameters.Park).toMatchObject({ Payload: { run: "nightly", token: "token-1" } });
  });

  test("is driven again when its token was not answered in time", async () => {
    const { visited } = await execute({
      "Drive orchestrator": answers(status("suspended"), status("done")),
      Park: () => {
        throw new NamedError("States.Timeout");
      },
    });
    expect(visited).toEqual(["Prepare", "Drive orchestrator", "Park", "Drive orchestrator", "Finish"]);
  });

  test("is driven in a container where its environment needs one", async () => {
    const { visited, parameters } = await execute({}, { ...started, task: "merge.merge" });
    expect(visited).toEqual(["Prepare", "Drive merge", "Finish"]);
    expect(parameters["Drive merge"]).toMatchObject({
      Overrides: {
        ContainerOverrides: [
          {
            Name: "worker",
            Environment: [
              { Name: "DROVER_RUN", Value: "nightly" },
              { Name: "DROVER_TASK_TOKEN", Value: "token-1" },
            ],
          },
        ],
      },
    });
  });

  test("survives a driver that dies", async () => {
    let deaths = 0;
    const { visited, output } = await execute({
      "Drive orchestrator": () => {
        if (deaths++ < 3) throw new NamedError("Sandbox.Timedout");
        return status("done");
      },
    });
    expect(visited.filter((state) => state === "Drive orchestrator")).toHaveLength(4);
    expect(output).toEqual({ run: "nightly", status: "succeeded" });
  });

  test("is aborted with the reason when its driver fails for good, and fails with that error", async () => {
    const { visited, error, parameters } = await execute({
      "Drive orchestrator": () => {
        throw new NamedError("StorageError");
      },
    });
    expect(visited.filter((state) => state === "Drive orchestrator")).toHaveLength(13);
    expect(visited.at(-1)).toBe("Abort");
    expect(parameters.Abort).toMatchObject({
      Payload: { run: "nightly", reason: expect.stringMatching(/StorageError.*The message of StorageError/) },
    });
    expect(String(error)).toContain("StorageError");
  });

  test("with an input that is refused is not prepared again", async () => {
    const { visited, error } = await execute({
      Prepare: () => {
        throw new NamedError("InputError");
      },
    });
    expect(visited).toEqual(["Prepare", "Abort"]);
    expect(String(error)).toContain("InputError");
  });

  test("of an environment that the stack does not have is aborted", async () => {
    const { visited, error, parameters } = await execute({}, { ...started, task: "other.task" });
    expect(visited).toEqual(["Prepare", "Abort"]);
    expect(parameters.Abort).toMatchObject({
      Payload: { reason: expect.stringContaining("no environment") },
    });
    expect(String(error)).toContain("UnknownTaskError");
  });

  test("that failed fails its execution with its own error, and is not aborted", async () => {
    const { visited, error } = await execute({
      Finish: () => {
        throw new NamedError("QuotaExceeded");
      },
    });
    expect(visited).toEqual(["Prepare", "Drive orchestrator", "Finish"]);
    expect(String(error)).toContain("The message of QuotaExceeded.");
  });

  test("of very many drives goes on as another execution of the same run", async () => {
    const { visited, parameters, error } = await execute({ "Drive orchestrator": () => status("continue") });
    expect(error).toBeNull();
    expect(visited.filter((state) => state === "Drive orchestrator")).toHaveLength(drivesMax);
    expect(visited.at(-1)).toBe("Continue elsewhere");
    expect(parameters["Continue elsewhere"]).toMatchObject({
      StateMachineArn: "machine-arn",
      Name: "nightly_2",
      Input: { ...started, generation: 2 },
    });
  });

  test("counts its executions, and needs neither input nor bundle for that", async () => {
    const input = { run: "nightly", task: "orchestrator.nightly", generation: 7 };
    const { parameters } = await execute({ "Drive orchestrator": () => status("suspended") }, input);
    expect(parameters["Continue elsewhere"]).toMatchObject({
      Name: "nightly_8",
      Input: { run: "nightly", task: "orchestrator.nightly", input: null, bundle: null, generation: 8 },
    });
  });

  test("that was continued before is not continued twice", async () => {
    const { error, output } = await execute({
      "Drive orchestrator": () => status("continue"),
      "Continue elsewhere": () => {
        throw new NamedError("StepFunctions.ExecutionAlreadyExistsException");
      },
    });
    expect(error).toBeNull();
    expect(output).toMatchObject({ run: "nightly" });
  });
});

describe("the definition", () => {
  test("is valid States Language in JSONPath", () => {
    expect(validate(definition)).toMatchObject({ isValid: true, errors: [] });
    expect(JSON.stringify(definition)).not.toContain("JSONata");
  });

  test("gives every task a time limit and a way back after trouble", () => {
    for (const [name, state] of Object.entries(definition.States)) {
      if (state.Type !== "Task") continue;
      expect(state.TimeoutSeconds, name).toBeTypeOf("number");
      expect(state.Retry, name).not.toHaveLength(0);
    }
  });

  test("a driver in a container has to say every three minutes that it lives", () => {
    expect(definition.States["Drive merge"]).toMatchObject({ HeartbeatSeconds: 180 });
  });

  test("an execution ends before its 25,000 events even if a tenth of all drives is retried to the end", () => {
    // Choose, drive, how far, park and count: entered and left, and what a task adds to that; a retry is three events.
    const eventsOfLoop = 2 + 5 + 2 + 6 + 2;
    const eventsOfRetries = 12 * 3;
    expect(drivesMax * (eventsOfLoop + eventsOfRetries / 10)).toBeLessThan(25_000 / 2);
  });
});

describe("the machine of a stack", () => {
  const template = templateOf(sampleStack());
  const [machine] = resourcesOf(template, "AWS::StepFunctions::StateMachine").values();
  const deployed = JSON.parse(
    text(machine?.Properties.DefinitionString)
      .replaceAll("<AWS::Partition>", "aws")
      .replace(/<(\w+)\.Arn>/g, (_, id: string) => arn(id)),
  ) as Definition;

  test("is a standard one that is valid, and logs its transitions without the input of users", () => {
    expect(validate(deployed)).toMatchObject({ isValid: true, errors: [] });
    expect(machine?.Properties.StateMachineType ?? "STANDARD").toBe("STANDARD");
    expect(machine?.Properties.LoggingConfiguration).toMatchObject({
      Level: "ALL",
      IncludeExecutionData: false,
    });
  });

  test("has a driver for each environment, in a container where it asks for more than Lambda has or names an image", () => {
    const kinds = Object.fromEntries(
      environmentNames.map((name) => [
        name,
        String(deployed.States[`Drive ${name}`]?.Resource).split(":::")[1],
      ]),
    );
    expect(kinds).toEqual({
      custom: "ecs:runTask.waitForTaskToken",
      merge: "ecs:runTask.waitForTaskToken",
      orchestrator: "lambda:invoke",
      report: "lambda:invoke",
      scoring: "lambda:invoke",
    });
  });

  test("may invoke its functions, run its containers and start itself, and no more", () => {
    const policies = [...resourcesOf(template, "AWS::IAM::Policy").values()];
    const own = policies.filter(({ Properties }) => text(Properties.Roles).includes("RunsRole"));
    const actions = own.flatMap(({ Properties }) =>
      Properties.PolicyDocument.Statement.flatMap(
        (statement: { Action: string | string[] }) => statement.Action,
      ),
    );
    const others = actions.filter((action: string) => !action.startsWith("logs:"));
    expect(others.sort()).toEqual([
      "ecs:RunTask",
      "iam:PassRole",
      "lambda:InvokeFunction",
      "states:StartExecution",
    ]);
  });

  test("an execution that is stopped or runs out of time has its run aborted", () => {
    const rules = [...resourcesOf(template, "AWS::Events::Rule").values()];
    const rule = rules.find(({ Properties }) => Properties.EventPattern !== undefined)?.Properties;
    expect(rule.EventPattern.detail.status).toEqual(["ABORTED", "TIMED_OUT"]);
    expect(text(rule.Targets[0].Arn)).toMatch(/^<Functionsabort/);
  });
});
