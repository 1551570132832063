import { Topic } from "aws-cdk-lib/aws-sns";
import { describe, expect, test } from "vitest";
import {
  environmentNames,
  type Resource,
  resourcesOf,
  sampleStack,
  templateOf,
  text,
} from "./sample-stack.ts";

const template = templateOf(sampleStack());

interface Statement {
  readonly effect: string;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions: object;
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

function statementsOf(policy: Resource): readonly Statement[] {
  return policy.Properties.PolicyDocument.Statement.map((statement: Record<string, unknown>) => ({
    effect: String(statement.Effect),
    actions: list(statement.Action).map(String),
    resources: list(statement.Resource).map(text),
    conditions: statement.Condition ?? {},
  }));
}

const byRole = new Map<string, readonly Statement[]>();
for (const policy of resourcesOf(template, "AWS::IAM::Policy").values()) {
  for (const role of policy.Properties.Roles) {
    const id = text(role).slice(1, -1);
    byRole.set(id, [...(byRole.get(id) ?? []), ...statementsOf(policy)]);
  }
}

function roleOf(prefix: string): readonly Statement[] {
  const found = [...byRole].filter(([id]) => id.startsWith(prefix));
  expect(found, prefix).toHaveLength(1);
  return found[0]?.[1] ?? [];
}

/** What a role may do, as `service:Action on resource`. */
function rights(prefix: string): readonly string[] {
  return roleOf(prefix).flatMap(({ actions, resources }) =>
    actions.flatMap((action) => resources.map((resource) => `${action} on ${resource}`)),
  );
}

const functionRole = (name: string) => `Functions${name.replace("-", "")}Role`;
const services = (prefix: string) =>
  new Set(roleOf(prefix).flatMap(({ actions }) => actions.map((one) => one.split(":")[0])));

describe("wildcards", () => {
  /** Which resources have one, and why. Whatever is not listed has to be named. */
  const reasons: readonly (readonly [pattern: RegExp, actions: RegExp, reason: string])[] = [
    [/^<StateRecords\w+\.Arn>\/index\/\*$/, /^dynamodb:/, "all indexes are of the one table"],
    [/^<StateBlobs\w+\.Arn>\/\*$/, /^s3:/, "keys hold names of runs"],
    [/:task\/<Cluster\w+>\/\*$/, /^ecs:(Get|Update)TaskProtection$/, "a task has its id from its start"],
    [/:task-definition\/drover-sample--[a-z-]+:\*$/, /^ecs:RunTask$/, "a deployment makes a new revision"],
    [/^\*$/, /^dynamodb:ListStreams$/, "the action knows no resources"],
    [
      /^\*$/,
      /^logs:\w*(LogDelivery|LogDeliveries|ResourcePolic|LogGroups)\w*$/,
      "the actions know no resources",
    ],
    [/^\*$/, /^ecr:GetAuthorizationToken$/, "the action knows no resources"],
  ];

  test("no policy allows all actions of a service", () => {
    for (const [role, statements] of byRole) {
      for (const { effect, actions } of statements) {
        expect(effect).toBe("Allow");
        for (const action of actions) expect(action, role).not.toContain("*");
      }
    }
  });

  test("no policy allows any resource without a reason", () => {
    for (const [role, statements] of byRole) {
      for (const { actions, resources } of statements) {
        for (const resource of resources.filter((one) => one.includes("*"))) {
          for (const action of actions) {
            const known = reasons.some(([pattern, which]) => pattern.test(resource) && which.test(action));
            expect(known, `${role}: ${action} on ${resource}`).toBe(true);
          }
        }
      }
    }
  });

  test("policies of resources allow nothing to everybody", () => {
    for (const type of ["AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy"]) {
      for (const policy of resourcesOf(template, type).values()) {
        for (const statement of policy.Properties.PolicyDocument.Statement) {
          if (statement.Effect === "Allow") expect(JSON.stringify(statement.Principal)).not.toContain("*");
        }
      }
    }
  });

  test("no role has a policy that AWS may change", () => {
    for (const [id, role] of resourcesOf(template, "AWS::IAM::Role")) {
      expect(role.Properties.ManagedPolicyArns ?? [], id).toEqual([]);
    }
  });
});

describe("the role of a function", () => {
  test.each([
    ["prepare", ["dynamodb", "events", "logs", "s3", "sqs", "ssm", "states"]],
    ["park", ["dynamodb", "logs", "s3", "ssm", "states"]],
    ["finish", ["dynamodb", "logs", "s3", "ssm"]],
    ["abort", ["dynamodb", "logs", "s3", "ssm"]],
    ["notify", ["dynamodb", "events", "lambda", "logs", "s3", "sqs", "ssm", "states"]],
    ["timers", ["dynamodb", "lambda", "logs", "s3", "sqs", "ssm", "states"]],
    ["dead-letter", ["dynamodb", "lambda", "logs", "s3", "sqs", "ssm", "states"]],
    ["scale", ["dynamodb", "ecs", "logs", "sqs", "ssm"]],
    ["launch", ["ecs", "iam", "logs", "sqs", "ssm"]],
  ])("%s reaches %j and nothing else", (name, expected) => {
    expect([...services(functionRole(name))].sort()).toEqual(expected);
  });

  test("finish changes nothing", () => {
    for (const right of rights(functionRole("finish"))) {
      expect(right).toMatch(
        /^(dynamodb:(GetItem|BatchGetItem|Query)|s3:(GetObject|ListBucket)|ssm:GetParameter|logs:)/,
      );
    }
  });

  test("scale may resize the fleets of this stack, and no other service", () => {
    const updated = rights(functionRole("scale")).filter((right) => right.startsWith("ecs:UpdateService"));
    expect(updated).toEqual([expect.stringMatching(/:service\/<Cluster\w+>\/drover-sample--scoring$/)]);
  });

  test("prepare and notify send events in the name of Drover only", () => {
    for (const name of ["prepare", "notify"]) {
      const [statement] = roleOf(functionRole(name)).filter(({ actions }) =>
        actions.includes("events:PutEvents"),
      );
      expect(statement?.conditions).toEqual({ StringEquals: { "events:source": "drover" } });
    }
  });

  test("containers are started in the stack's cluster only, with roles of the stack", () => {
    const statements = roleOf(functionRole("launch"));
    const run = statements.find(({ actions }) => actions.includes("ecs:RunTask"));
    expect(run?.conditions).toEqual({ ArnEquals: { "ecs:cluster": expect.anything() } });
    const passed = statements.find(({ actions }) => actions.includes("iam:PassRole"));
    for (const role of passed?.resources ?? []) expect(role).toMatch(/^<Environment\w+Role\w+\.Arn>$/);
  });
});

describe("the role of an environment", () => {
  const sendsTo = (name: string) =>
    rights(`Environment${name}Role`)
      .filter((right) => right.startsWith("sqs:SendMessage "))
      .map((right) => /<(?:Environment)?(\w+?)(?:Work)?Queue/.exec(right)?.[1])
      .sort();

  test("is one for its containers and its driver, and nobody else's", () => {
    const roles = resourcesOf(template, "AWS::IAM::Role");
    for (const name of environmentNames) {
      const [own] = [...roles].filter(([id]) => id.startsWith(`Environment${name}Role`));
      expect(JSON.stringify(own?.[1].Properties.AssumeRolePolicyDocument)).toMatch(/ecs-tasks.*lambda/);
    }
  });

  test("sends to itself, to timers, and to environments that it depends on", () => {
    expect(sendsTo("report")).toEqual(["Service", "report", "scoring"]);
    expect(sendsTo("scoring")).toEqual(["Service", "scoring"]);
    expect(sendsTo("orchestrator")).toEqual([
      "Service",
      "custom",
      "merge",
      "orchestrator",
      "report",
      "scoring",
    ]);
  });

  test("receives from its own queue only", () => {
    for (const name of environmentNames) {
      const received = rights(`Environment${name}Role`).filter((right) =>
        right.startsWith("sqs:ReceiveMessage"),
      );
      expect(received).toEqual([expect.stringContaining(`<Environment${name}WorkQueue`)]);
    }
  });

  test("starts no containers, sets no sizes and passes no roles", () => {
    for (const name of environmentNames) {
      for (const right of rights(`Environment${name}Role`))
        expect(right).not.toMatch(/^(iam:|ecs:(?!.*TaskProtection))/);
    }
  });

  test("is granted users' own resources by name", () => {
    const stack = sampleStack();
    new Topic(stack, "Reports").grantPublish(stack.partsOf("scoring"));
    const policies = [...resourcesOf(templateOf(stack), "AWS::IAM::Policy").values()];
    const own = policies.filter(({ Properties }) =>
      text(Properties.Roles).startsWith("<EnvironmentscoringRole"),
    );
    expect(JSON.stringify(own)).toContain("sns:Publish");
  });

  test("of an unknown name is refused with the names there are", () => {
    expect(() => sampleStack().partsOf("scorer")).toThrow(
      /"scorer".*custom, merge, orchestrator, report, scoring/,
    );
  });
});

test("schedules start runs only, and only those of the stack's own group", () => {
  const [role] = [...resourcesOf(template, "AWS::IAM::Role").values()].filter(
    ({ Properties }) => Properties.RoleName === "drover-sample--schedules",
  );
  expect(JSON.stringify(role?.Properties.AssumeRolePolicyDocument)).toMatch(/SourceArn.*schedule-group/);
  expect(rights("SchedulesRole")).toEqual([expect.stringMatching(/^states:StartExecution on <RunsMachine/)]);
});
