/** States as items. */
import type { ErrorRecord } from "../../core/error-record.ts";
import type { ActionState, ActionStatus, Outcome } from "../../core/records.ts";
import type { Bodies } from "./bodies.ts";
import {
  damaged,
  headOf,
  type Item,
  keyAttributes,
  keyOf,
  numberIn,
  optionalText,
  packed,
  textIn,
  textOrNull,
  unpacked,
} from "./items.ts";
import { actionAt, stateKey } from "./key-layout.ts";

/** Most characters of an error that the catalog shows. */
const errorCharactersMax = 500;

const statuses: ReadonlySet<string> = new Set<ActionStatus>([
  "queued",
  "running",
  "suspended",
  "succeeded",
  "failed",
  "aborted",
]);

type StateHead = Omit<ActionState, "id" | "parent" | "version" | "status" | "outcome" | "lastError">;
type StateBody = readonly [outcome: Outcome | null, lastError: ErrorRecord | null];

export async function stateItem(state: ActionState, bodies: Bodies): Promise<Item> {
  const { id, parent, version, status, outcome, lastError, ...head } = state;
  const body: StateBody | null = outcome === null && lastError === null ? null : [outcome, lastError];
  return {
    ...keyAttributes(stateKey(id)),
    v: { N: String(version) },
    st: { S: status },
    ...optionalText("p", parent),
    ...optionalText("x", errorTextOf(state)),
    h: { B: packed(head) },
    ...(await bodies.attributes(state.run, body === null ? null : packed(body))),
  };
}

export async function stateOf(item: Item, bodies: Bodies): Promise<ActionState> {
  const body = await bodies.of(item);
  const [outcome, lastError] = body === null ? [null, null] : unpacked<StateBody>(body);
  return { ...stateHeadOf(item), version: numberIn(item, "v"), outcome, lastError };
}

/** What the item says without its outcome and errors. */
export function stateHeadOf(item: Item): Omit<ActionState, "version" | "outcome" | "lastError"> {
  return {
    id: actionAt(keyOf(item)),
    parent: textOrNull(item, "p"),
    status: statusIn(item),
    ...headOf<StateHead>(item),
  };
}

export function statusIn(item: Item): ActionStatus {
  const status = textIn(item, "st");
  if (!isStatus(status)) throw damaged(item, `a status is ${status}`);
  return status;
}

function isStatus(text: string): text is ActionStatus {
  return statuses.has(text);
}

function errorTextOf({ outcome, lastError }: ActionState): string | null {
  const error = outcome?.kind === "error" ? outcome.error : lastError;
  return error === null ? null : `${error.name}: ${error.message}`.slice(0, errorCharactersMax);
}
