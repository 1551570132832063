import { hashStrings } from "../core/codec/canonical.ts";
import { localIdOf, Ordinals } from "../core/identity.ts";
import { currentContext } from "../engine/context.ts";
import type { Execution } from "../engine/execution.ts";
import { type Logger, loggerFor, plainLogger } from "./logger.ts";

/** What running code can know of its action. */
export interface CurrentAction {
  /** Name of the run; `"local"` outside of one. */
  readonly run: string;
  /** Id of the action within its run: `"a0"` for the root action. */
  readonly id: string;
  /** Full name of its task. */
  readonly task: string;
  /** 1 for the first try. */
  readonly attempt: number;
  /** Aborted when the action is aborted, timed out, taken over or suspended: stop what you are doing. */
  readonly signal: AbortSignal;
  /** Lines that are stored with the action. Those of code that is replayed are left out. */
  readonly logger: Logger;
  /** Milliseconds since 1970 at the latest result the code was given: the same again in a replay. */
  now(): number;
  /** A number in [0, 1): the same again in a replay. */
  random(): number;
  /** A version 4 UUID: the same again in a replay. */
  uuid(): string;
}

const byExecution = new WeakMap<Execution, CurrentAction>();

/**
 * The action that is running. Outside of a run it is a stand-in with the real time and real randomness, so that tasks can
 * be tested as plain functions.
 *
 * @example
 * const { signal, logger } = currentAction();
 * logger.info("fetching", { url });
 * await fetch(url, { signal });
 */
export function currentAction(): CurrentAction {
  const context = currentContext();
  if (context === null) return standIn;
  const { execution } = context;
  const known = byExecution.get(execution);
  if (known !== undefined) return known;
  const made = describe(execution);
  byExecution.set(execution, made);
  return made;
}

function describe(execution: Execution): CurrentAction {
  const { spec, state } = execution.claimed;
  // Each trace counts for itself: a replay does not run it, and must draw the same outside of it.
  const drawn = new Ordinals();
  const draw = () => {
    const within = currentContext()?.within ?? "";
    return hashStrings([spec.id, String(state.attempt), within, String(drawn.next(within, ""))]);
  };
  return {
    run: spec.run,
    id: localIdOf(spec.id),
    task: spec.name,
    attempt: state.attempt,
    signal: execution.signal,
    logger: loggerFor(execution),
    now: () => execution.nowMs,
    random: () => fraction(draw()),
    uuid: () => uuidOf(draw()),
  };
}

const letters = "abcdefghijklmnopqrstuvwxyz234567";

/** Hashes have 5 random bits in each of their letters; ten of them make 50. */
function fraction(drawn: string): number {
  let sum = 0;
  for (const letter of drawn.slice(0, 10)) sum = sum * 32 + letters.indexOf(letter);
  return sum / 32 ** 10;
}

function uuidOf(drawn: string): string {
  const hex = [...drawn, ...hashStrings([drawn, "uuid"])]
    .map((letter) => (letters.indexOf(letter) % 16).toString(16))
    .join("");
  const variant = "89ab"[Number.parseInt(hex[16] ?? "0", 16) % 4];
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join("-");
}

const standIn: CurrentAction = {
  run: "local",
  id: "a0",
  task: "local",
  attempt: 1,
  signal: new AbortController().signal,
  logger: plainLogger,
  now: () => Date.now(),
  random: () => fraction(hashStrings([crypto.randomUUID()])),
  uuid: () => crypto.randomUUID(),
};
