/** States as rows of `states`. */
import type { ActionState, ActionStatus } from "../../core/records.ts";
import {
  BytesIn,
  BytesOut,
  type PackedOutcome,
  packError,
  packOutcome,
  unpackError,
  unpackOutcome,
} from "./store-bytes.ts";
import { packPosition, unpackPosition } from "./store-spec-rows.ts";

/** The number of a status is its place; the last three are ends. */
const statuses: readonly ActionStatus[] = [
  "queued",
  "running",
  "suspended",
  "succeeded",
  "failed",
  "aborted",
];

/** Statuses from this number on are ends. */
export const firstEndedCode = 3;

export function statusCode(status: ActionStatus): number {
  return statuses.indexOf(status);
}

/** @throws Error for a number that no status has. */
export function statusOf(code: number): ActionStatus {
  const status = statuses[code];
  if (status === undefined) throw new Error(`Broken invariant: a stored status is ${code}.`);
  return status;
}

type StateBody = readonly [
  run: string,
  parent: string | null,
  name: string,
  environment: string,
  attempt: number,
  base: ReturnType<typeof packPosition>,
  owner: string | null,
  claim: string | null,
  losses: number,
  progress: number,
  inbox: number,
  read: number,
  spawned: 0 | 1,
  createdMs: number,
  queuedMs: number,
  readyMs: number,
  startedMs: number | null,
  endedMs: number | null,
  outcome: PackedOutcome,
  lastError: number | null,
];

export interface StateRow {
  readonly version: number;
  readonly status: number;
  readonly epoch: number;
  readonly executed: number;
  readonly replayed: number;
  readonly body: string;
  readonly bytes: Uint8Array | null;
}

export function packState(state: ActionState): { readonly body: string; readonly bytes: Uint8Array | null } {
  const out = new BytesOut();
  const body: StateBody = [
    state.run,
    state.parent,
    state.name,
    state.environment,
    state.attempt,
    packPosition(state.base),
    state.owner,
    state.claim,
    state.losses,
    state.progress,
    state.inbox,
    state.read,
    state.spawned ? 1 : 0,
    state.createdMs,
    state.queuedMs,
    state.readyMs,
    state.startedMs,
    state.endedMs,
    packOutcome(state.outcome, out),
    state.lastError === null ? null : packError(state.lastError, out),
  ];
  return { body: JSON.stringify(body), bytes: out.join() };
}

export function unpackState(id: string, row: StateRow): ActionState {
  const [
    run,
    parent,
    name,
    environment,
    attempt,
    base,
    owner,
    claim,
    losses,
    progress,
    inbox,
    read,
    spawned,
    createdMs,
    queuedMs,
    readyMs,
    startedMs,
    endedMs,
    outcome,
    lastError,
  ] = JSON.parse(row.body) as StateBody;
  const bytes = new BytesIn(row.bytes);
  return {
    id,
    run,
    parent,
    name,
    environment,
    version: row.version,
    status: statusOf(row.status),
    epoch: row.epoch,
    attempt,
    base: unpackPosition(base),
    owner,
    claim,
    losses,
    progress,
    inbox,
    read,
    spawned: spawned === 1,
    createdMs,
    queuedMs,
    readyMs,
    startedMs,
    endedMs,
    outcome: unpackOutcome(outcome, bytes),
    lastError: lastError === null ? null : unpackError(lastError, bytes),
    tracesExecuted: row.executed,
    tracesReplayed: row.replayed,
  };
}
