import { afterAll, beforeAll } from "vitest";
import { type Cloud, startCloud } from "../support/cloud/cloud.ts";
import { StreamReader } from "../support/cloud/stream-reader.ts";
import type { ContractBackend } from "./harness.ts";
import { contractSuite } from "./suite.ts";

/** SQS counts in seconds. */
const leaseMs = 2_000;

let cloud: Promise<Cloud> | null = null;

beforeAll(async () => {
  cloud = startCloud();
  await cloud;
});

afterAll(async () => {
  await (await cloud)?.stop();
});

contractSuite("aws, on stand-ins", async () => {
  if (cloud === null) throw new Error("The stand-ins run only while tests do.");
  const started = await cloud;
  return open(started, await StreamReader.open(started));
});

/** What outlives a backend is in the cloud; its stream is followed by the stack, which remembers where it was. */
function open(started: Cloud, reader: StreamReader): ContractBackend {
  const backend = started.backend({ leaseMs });
  return {
    ...backend,
    leaseMs,
    changes: reader.changes((records) => backend.endedStates(records)),
    reopen: async () => open(started, reader),
    close: async () => {},
  };
}
