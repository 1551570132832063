import { describe, expect, test } from "vitest";
import { deadLetterQueueName, queueName } from "../../sdk/backends/aws/names.ts";
import { environmentNames, resourcesOf, sampleStack, templateOf, text } from "./sample-stack.ts";

const template = templateOf(sampleStack());
const queues = resourcesOf(template, "AWS::SQS::Queue");

function named(name: string) {
  const [found] = [...queues].filter(([, { Properties }]) => Properties.QueueName === name);
  if (found === undefined) throw new Error(`There is no queue ${name}.`);
  return { id: found[0], properties: found[1].Properties };
}

describe.each([...environmentNames, "drover-service"])("the queue of %s", (environment) => {
  const { properties } = named(queueName("sample", environment));
  const dead = named(deadLetterQueueName("sample", environment));

  test("hands a message over to its dead letters after 100 receives", () => {
    expect(properties.RedrivePolicy.maxReceiveCount).toBe(100);
    expect(text(properties.RedrivePolicy.deadLetterTargetArn)).toBe(`<${dead.id}.Arn>`);
  });

  test("keeps messages and dead letters for 14 days", () => {
    const fortnight = 14 * 24 * 3_600;
    expect(properties.MessageRetentionPeriod).toBe(fortnight);
    expect(dead.properties.MessageRetentionPeriod).toBe(fortnight);
  });
});

test("each receive count from 12 on can be asked for", () => {
  const other = resourcesOf(templateOf(sampleStack({ receiveCountMax: 12 })), "AWS::SQS::Queue");
  const counts = [...other.values()].flatMap(
    ({ Properties }) => Properties.RedrivePolicy?.maxReceiveCount ?? [],
  );
  expect(new Set(counts)).toEqual(new Set([12]));
});

test.each([11, 1_001, 20.5])("a receive count of %s is refused with the range", (receiveCountMax) => {
  expect(() => sampleStack({ receiveCountMax })).toThrow(/from 12 to 1000/);
});

test("all queues are encrypted and reached over TLS only", () => {
  const policies = [...resourcesOf(template, "AWS::SQS::QueuePolicy").values()];
  for (const [id, { Properties }] of queues) {
    expect(Properties.SqsManagedSseEnabled, id).toBe(true);
    const own = policies.find((policy) => text(policy.Properties.Queues) === `<${id}>`);
    expect(JSON.stringify(own?.Properties), id).toContain('"aws:SecureTransport":"false"');
  }
});

test("a message of a fleet that is not extended comes back after a minute", () => {
  expect(named(queueName("sample", "scoring")).properties.VisibilityTimeout).toBe(60);
});

test("what functions read stays hidden for six times as long as they may take", () => {
  const functions = resourcesOf(template, "AWS::Lambda::Function");
  const arns = new Map([...queues].map(([id, { Properties }]) => [`<${id}.Arn>`, Properties]));
  let seen = 0;
  for (const { Properties } of resourcesOf(template, "AWS::Lambda::EventSourceMapping").values()) {
    const queue = arns.get(text(Properties.EventSourceArn));
    const fn = functions.get(Properties.FunctionName.Ref);
    if (queue === undefined) continue;
    seen += 1;
    expect(queue.VisibilityTimeout).toBeGreaterThanOrEqual(6 * fn?.Properties.Timeout);
  }
  // Dead letters of five environments and of the service queue, the service queue, and four environments without a fleet.
  expect(seen).toBe(11);
});
