/** The door to a stack on AWS: starts runs there, and looks at them. */
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TaskDefinition } from "./authoring/definitions.ts";
import { stopIfGuest } from "./authoring/load-code.ts";
import { type RunBackend, type RunOptions, startTask } from "./authoring/run.ts";
import { RunHandle } from "./authoring/run-handle.ts";
import { BundleCache } from "./aws/bundle-cache.ts";
import { ClientCode } from "./aws/client-code.ts";
import { startExecution, stopExecution } from "./aws/executions.ts";
import { type ConnectedRuntime, connectRuntime } from "./aws/runtime.ts";
import { connectClients, type Endpoints, readStackConfig } from "./aws/stack.ts";
import type { KindTotal } from "./backends/aws/meter.ts";
import type { ActionId, ActionState, RunRecord } from "./core/records.ts";

export { type Bundle, bundleModule } from "./aws/bundle.ts";
export type { Endpoints } from "./aws/stack.ts";

/** Which stack to open, and how to reach it. */
export interface AwsOptions {
  /** Name of the stack, as it was deployed. */
  readonly stack: string;
  /** Default: the one of the environment or the profile. */
  readonly region?: string;
  /** Addresses of stand-ins for the services, for tests. */
  readonly endpoints?: Endpoints;
  /** Default: those of the environment or the profile. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** What was published: the bundle's hash, and the tasks that are in it. */
export interface Published {
  /** SHA-256 of the bundle, in hexadecimal. */
  readonly code: string;
  /** Full names. */
  readonly tasks: readonly string[];
}

/** A stack on AWS. Runs that are started with it go on there, whatever becomes of this process. */
export interface AwsStack extends RunBackend {
  /** Name of the stack. */
  readonly stack: string;
  /** The run of that name, or null. */
  find(name: string): Promise<RunHandle | null>;
  /** The state of an action, by its full id `<run>/<id>`; null while nobody has claimed it. */
  readState(action: ActionId): Promise<ActionState | null>;
  /**
   * Starts a run of a task that was published, by its full name: no code of it has to be at hand. Its schema, limits and policy
   * are those of the published code.
   *
   * @throws UnknownTaskError for a task that was not published; what `run` throws.
   * @example const handle = await stack.startByName("scoring.scoreAll", { day: "2030-01-01" });
   */
  startByName(task: string, input?: unknown, options?: Pick<RunOptions, "name">): Promise<RunHandle>;
  /**
   * Uploads a module with everything it imports, and makes it the code of its tasks for schedules and `startByName`. Runs under
   * way keep theirs.
   *
   * @param file Path of the module, absolute or from the current folder.
   * @throws InputError for a module that cannot be bundled, or that defines no task.
   */
  publish(file: string): Promise<Published>;
  /** Requests that this process has made of DynamoDB, SQS and S3, and what AWS bills for, by kind. */
  cost(): ReadonlyMap<string, KindTotal>;
  /** Closes all connections. */
  close(): void;
}

/**
 * Opens a stack: runs that are started with this backend execute on AWS.
 *
 * @throws InputError with code `UNKNOWN_STACK` where there is none of that name.
 *
 * @example
 * const backend = await openAws({ stack: "prod" });
 * const handle = await run(score, "text", { backend });
 * console.log(await handle.result());
 */
export async function openAws(options: AwsOptions): Promise<AwsStack> {
  const stopped = stopIfGuest();
  if (stopped !== null) return await stopped;
  const clients = connectClients(options);
  const config = await readStackConfig(clients.ssm, options.stack);
  return stackOver(connectRuntime(options.stack, config, clients));
}

function stackOver(runtime: ConnectedRuntime): AwsStack {
  const { world, catalog, clients, config, stack } = runtime;
  const code = new ClientCode({ world, published: runtime.code.published, bundles: ownBundles(runtime) });
  const attend = async (run: RunRecord) => await startExecution(clients.sfn, config.stateMachineArn, run);
  const aborted = async (run: RunRecord, reason: string) =>
    await stopExecution(clients.sfn, config.stateMachineArn, run, reason);
  const backend: RunBackend = { world, catalog, codeOf: (task) => code.codeOf(task), attend, aborted };
  return {
    ...backend,
    stack,
    find: async (name) => {
      const run = await world.store.readRun(name);
      return run === null ? null : new RunHandle(backend, run, false);
    },
    readState: async (action) => (await world.store.readStates([action]))[0] ?? null,
    startByName: async (task, input, { name } = {}) => {
      const found: { task: TaskDefinition; code: string } = await code.published(task);
      const pinned: RunBackend = { ...backend, codeOf: () => found.code };
      return await startTask(found.task, input, { backend: pinned, ...(name === undefined ? {} : { name }) });
    },
    publish: (file) => code.publish(file),
    cost: () => runtime.cost.byKind,
    close: () => {
      for (const client of Object.values(clients)) client.destroy();
    },
  };
}

/** A client does not share its folder with the executors that tests run on the same machine. */
function ownBundles({ world }: ConnectedRuntime): () => Promise<BundleCache> {
  let made: Promise<BundleCache> | null = null;
  return () => {
    made ??= mkdtemp(join(tmpdir(), "drover-client-")).then((dir) => new BundleCache({ world, dir }));
    return made;
  };
}
