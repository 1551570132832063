/** Executes the root action of a run until it ends, has to wait, or this invocation's time is nearly up. */
import { type DriveStatus, driveRun } from "../sdk/aws-host.ts";
import type { ResolveTask } from "../sdk/host.ts";
import { handlerOf, type Work } from "./middleware.ts";

export interface DriveEvent {
  readonly run: string;
}

/** What is kept back to write down how far the driver has come, with all tries that this may take. */
const handBackMs = 30_000;

export const drive: Work<DriveEvent, { readonly status: DriveStatus }> = async (runtime, event, context) => {
  const { world, code } = runtime;
  const run = await world.store.readRun(event.run);
  if (run === null) throw new Error(`Run "${event.run}" is not recorded: its execution has not prepared it.`);
  const timeUp = new AbortController();
  const over = new AbortController();
  const leftMs = context.getRemainingTimeInMillis() - handBackMs;
  void world.clock.wait(leftMs, over.signal).then(() => timeUp.abort());
  try {
    const resolveTask: ResolveTask = (name, spec) => code.bundles.resolveTask(name, spec);
    return { status: await driveRun(world, run, { resolveTask, timeUp: timeUp.signal }) };
  } finally {
    over.abort();
  }
};

export const handler = handlerOf(drive);
