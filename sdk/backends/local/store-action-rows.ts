/** Rows of `actions` joined with `states`: everything that is stored of an action itself. */
import type { ActionSpec, ActionState } from "../../core/records.ts";
import { unpackSpec } from "./store-spec-rows.ts";
import { unpackState } from "./store-state-rows.ts";

/** Of `actions a LEFT JOIN states s`. */
export const actionColumns = `a.id, a.parent, a.kind, a.body, a.bytes,
  s.version, s.status, s.epoch, s.executed, s.replayed, s.body AS state_body, s.bytes AS state_bytes`;

export interface ActionRowOfTables {
  readonly id: string;
  readonly parent: string | null;
  readonly kind: number;
  /** Null where a state came without a spec. */
  readonly body: string | null;
  readonly bytes: Uint8Array | null;
  /** Null where there is no state, as are the others of its columns. */
  readonly version: number | null;
  readonly status: number | null;
  readonly epoch: number | null;
  readonly executed: number | null;
  readonly replayed: number | null;
  readonly state_body: string | null;
  readonly state_bytes: Uint8Array | null;
}

export function specOfRow({ id, parent, kind, body, bytes }: ActionRowOfTables): ActionSpec | null {
  return body === null ? null : unpackSpec({ id, parent, kind, body, bytes });
}

export function stateOfRow(row: ActionRowOfTables): ActionState | null {
  const { id, version, status, epoch, executed, replayed, state_body: body, state_bytes: bytes } = row;
  if (
    version === null ||
    status === null ||
    epoch === null ||
    executed === null ||
    replayed === null ||
    body === null
  ) {
    return null;
  }
  return unpackState(id, { version, status, epoch, executed, replayed, body, bytes });
}
