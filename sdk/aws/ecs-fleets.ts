/** Fleets as ECS services, their work as SQS queues. */
import { DescribeServicesCommand, type ECSClient, UpdateServiceCommand } from "@aws-sdk/client-ecs";
import type { AwsClients } from "../backends/aws/backend.ts";
import { fleetName } from "../backends/aws/names.ts";
import type { Notes } from "../backends/aws/notes.ts";
import { queueDepth } from "../backends/aws/queue-depth.ts";
import type { Clock } from "../ports.ts";
import type { FleetControl } from "./fleet-control.ts";
import { type FleetHistory, noHistory } from "./fleet-history.ts";

export interface EcsFleetsOptions {
  readonly ecs: ECSClient;
  readonly sqs: AwsClients["sqs"];
  readonly clock: Clock;
  readonly notes: Notes;
  readonly stack: string;
  readonly cluster: string;
  readonly queueUrlOf: (queue: string) => string;
}

export function ecsFleets(options: EcsFleetsOptions): FleetControl {
  const { ecs, sqs, clock, notes, stack, cluster, queueUrlOf } = options;
  const noteName = (environment: string) => `fleet/${environment}`;
  return {
    clock,
    look: async (environment) => {
      const [service, queue] = await Promise.all([
        readService(ecs, cluster, fleetName(stack, environment)),
        queueDepth(sqs, queueUrlOf(environment)),
      ]);
      return service === null ? null : { ...service, backlog: queue.ready, held: queue.held };
    },
    setDesired: async (environment, count) => {
      const service = fleetName(stack, environment);
      await ecs.send(new UpdateServiceCommand({ cluster, service, desiredCount: count }));
    },
    readHistory: async (environment) => {
      const text = await notes.read(noteName(environment));
      return text === null ? noHistory : (JSON.parse(text) as FleetHistory);
    },
    writeHistory: (environment, history) => notes.write(noteName(environment), JSON.stringify(history)),
  };
}

async function readService(ecs: ECSClient, cluster: string, name: string) {
  const { services = [] } = await ecs.send(new DescribeServicesCommand({ cluster, services: [name] }));
  const [service] = services;
  if (service === undefined || service.status !== "ACTIVE") return null;
  return { desired: service.desiredCount ?? 0, running: service.runningCount ?? 0 };
}
