/** Ends a child whose caller has stopped waiting for it. */
import type { ActionId } from "../core/records.ts";
import { abortOne } from "./abort.ts";
import type { ActionContext } from "./context.ts";

/** In the background; a replay asks again, which changes nothing. */
export function cancelChild(context: ActionContext, child: ActionId): void {
  const { execution } = context;
  void execution.startAside(async () => {
    await abortOne(execution.world, child, "its caller no longer waits for it");
  });
}
