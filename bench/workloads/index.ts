import type { Workload } from "../workload.ts";
import { actions } from "./actions.ts";
import { killed, undisturbed } from "./microbatch.ts";
import { serial, together } from "./traces.ts";

/** In the order of the table. */
export const workloads: readonly Workload[] = [undisturbed, actions, together, serial, killed];
