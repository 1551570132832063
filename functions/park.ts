/** Keeps the task token of a run that waits, until there is something to do for it. */
import { parkRun } from "../sdk/aws-host.ts";
import { handlerOf, type Work } from "./middleware.ts";

export interface ParkEvent {
  readonly run: string;
  readonly token: string;
}

export const park: Work<ParkEvent, { readonly parked: boolean }> = async ({ world, waking }, event) => {
  const answer = await parkRun(world, waking, event);
  return { parked: answer === "parked" };
};

export const handler = handlerOf(park);
