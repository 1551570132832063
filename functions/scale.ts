/** Sets how many replicas fleets have: all of them every minute, and some when messages were sent to them. */
import { errorFields, type Scaled, scaleFleet, writeLog } from "../sdk/aws-host.ts";
import { handlerOf, type Work } from "./middleware.ts";

/** A schedule's event has fields of its own and names no environments: it means all. */
export interface ScaleEvent {
  readonly environments?: readonly string[];
  readonly source?: string;
}

/** A fleet that could not be looked at does not keep the others from being scaled; the next minute looks again. */
export const scale: Work<ScaleEvent, { readonly scaled: readonly Scaled[] }> = async (runtime, event) => {
  const { fleets, policies } = runtime;
  const wanted = [...policies].filter(([name]) => event.environments?.includes(name) ?? true);
  const results = await Promise.all(
    wanted.map(async ([environment, policy]) => {
      try {
        return await scaleFleet(fleets, environment, policy);
      } catch (error) {
        writeLog({ level: "error", message: "a fleet was not scaled", environment, ...errorFields(error) });
        return null;
      }
    }),
  );
  return { scaled: results.filter((result) => result !== null) };
};

export const handler = handlerOf(scale);
