/** Tells how a run has ended: by its status, or by failing with the error that the run has failed with. */
import { endOfRun } from "../sdk/aws-host.ts";
import { handlerOf, type Work } from "./middleware.ts";

export const finish: Work<
  { readonly run: string },
  { readonly run: string; readonly status: string }
> = async ({ world }, { run }) => await endOfRun(world, run);

export const handler = handlerOf(finish);
