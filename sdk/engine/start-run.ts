/** Starts runs, and finishes starts that were cut short. */
import { rootActionId } from "../core/identity.ts";
import type { ActionSpec, RunRecord } from "../core/records.ts";
import type { World } from "../ports.ts";
import { encodeInput, type TaskRef } from "./children.ts";
import { messagesFor } from "./outbox.ts";
import { storePayload } from "./payloads.ts";
import { persist } from "./persist.ts";

export interface RunRequest {
  readonly name: string;
  readonly task: TaskRef;
  readonly input: unknown;
  /** Where executors find the task, in the backend's terms. */
  readonly code: string;
}

/** Starts the run, or answers the one of that name: nothing of it is changed then. */
export async function startRun(
  world: World,
  request: RunRequest,
): Promise<{ readonly run: RunRecord; readonly created: boolean }> {
  const { name, task } = request;
  const root = rootActionId(name);
  const bytes = encodeInput(task, request.input);
  const nowMs = world.clock.nowMs();
  const key = `${name}/a0/input-${world.entropy.uuid()}`;
  const spec: ActionSpec = {
    kind: "task",
    id: root,
    run: name,
    parent: null,
    name: task.name,
    environment: task.environment,
    ordinal: 1,
    group: null,
    input: await storePayload(world, key, bytes),
    policy: task.policy,
    asked: null,
    createdMs: nowMs,
    fireAtMs: null,
  };
  const record: RunRecord = {
    name,
    task: task.name,
    environment: task.environment,
    root: spec,
    code: request.code,
    createdMs: nowMs,
  };
  const { run, created } = await persist(world, () => world.store.createRun(record));
  await ensureStarted(world, run);
  return { run, created };
}

/** Writes and sends the root action unless somebody has claimed it already. */
export async function ensureStarted(world: World, run: RunRecord): Promise<void> {
  const [state] = await persist(world, () => world.store.readStates([run.root.id]));
  if (state !== undefined && state !== null) return;
  await persist(world, () => world.store.putSpecs([run.root]));
  await persist(world, () => world.queue.send(messagesFor(run.root, world.clock.nowMs())));
}
