import type { ReplayLog } from "../core/journal.ts";
import type { MailboxView } from "../core/mailbox.ts";
import type { ActionId, ActionSpec, ActionState } from "../core/records.ts";
import type { ChildRecord } from "../ports.ts";

/** Everything durable about an action at the moment it was claimed. */
export interface ClaimedAction {
  readonly spec: ActionSpec;
  readonly state: ActionState;
  readonly log: ReplayLog;
  readonly mailbox: MailboxView;
  /** Children and timers asked for by earlier executors, by id. */
  readonly children: ReadonlyMap<ActionId, ChildRecord>;
  /** True if an earlier executor may have died between writing a child's spec and sending its message. */
  readonly mayLackMessages: boolean;
}
