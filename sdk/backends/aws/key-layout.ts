/**
 * One table holds all records of a stack. What a write depends on, a read filters or the stream selects is an attribute of
 * its own; the rest is MessagePack in `h` (the head: small, what the catalog looks at) and `b` (the body: values and errors).
 *
 * | record | pk | sk | own attributes | `h` | `b` |
 * |---|---|---|---|---|---|
 * | run | `run#<run>` | `run` | `rk`, `rs`: place in the index of runs | | the whole run |
 * | spec | `act#<run>#<shard>` | `spec#<local id>` | `p` parent, `k` for a timer | all but input | input |
 * | state | `act#<run>#<shard>` | `state#<local id>` | `v` version, `st` status, `p` parent, `x` error text | all but outcome | outcome, last error |
 * | brood | `log#<action>` | `brood#<hash of ids>` | | local ids of children | |
 * | journal batch | `log#<action>` | `journal#<index>#<epoch>` | | | the batch |
 * | mailbox record | `log#<action>` | `mail#<first>` | `n` entries | | the entries |
 *
 * All of them have `ttl`. A body beyond 380 KB is in S3, and `bk` its key. The index of runs (`rk`, `rs`) has 4 partitions.
 *
 * K1. Where a spec and a state are follows from the action's id, so one read finds them, whoever asks.
 * K2. A run has 16 shards: a thousand writes a second each before DynamoDB splits them further. Most actions are children of
 *     the root action, whose children are therefore not listed anywhere else: its replay reads the shards of the run, side by
 *     side, which bills whole pages and not 4 KB for each child. The filter drops the children of others.
 * K3. Children of other actions are listed in broods, one for each request that wrote specs: one write for 25 children.
 *     The shards of a large run are not read for the few children of one of its actions.
 */
import { hashStrings } from "../../core/codec/canonical.ts";
import { localIdOf, rootActionId, runOf } from "../../core/identity.ts";
import type { ActionId } from "../../core/records.ts";

export interface Key {
  readonly pk: string;
  readonly sk: string;
}

const shardCount = 16;
export const runListCount = 4;

export const prefixes = {
  spec: "spec#",
  state: "state#",
  brood: "brood#",
  journal: "journal#",
  mail: "mail#",
} as const;

/** Enough for any position, and for milliseconds since the epoch. */
const digits = 15;

export function runKey(run: string): Key {
  return { pk: `run#${run}`, sk: "run" };
}

/** In which partition of the index of runs a run stands. */
export function runListOf(run: string): string {
  return runList(placeOf(run, runListCount));
}

/** Orders runs by age. */
export function ageKeyOf({ name, createdMs }: { readonly name: string; readonly createdMs: number }): string {
  return `${padded(createdMs)}#${name}`;
}

export function runList(number: number): string {
  return `runs#${number}`;
}

export function specKey(action: ActionId): Key {
  return { pk: shardOf(action), sk: `${prefixes.spec}${localIdOf(action)}` };
}

export function stateKey(action: ActionId): Key {
  return { pk: shardOf(action), sk: `${prefixes.state}${localIdOf(action)}` };
}

/** The partitions that hold all specs and states of a run. */
export function shardsOf(run: string): readonly string[] {
  return Array.from({ length: shardCount }, (_, shard) => shardKey(run, shard));
}

function shardOf(action: ActionId): string {
  return shardKey(runOf(action), placeOf(localIdOf(action), shardCount));
}

function shardKey(run: string, shard: number): string {
  return `act#${run}#${shard.toString(16)}`;
}

/** The id of the action whose spec or state has this key. */
export function actionAt(key: Key): ActionId {
  const run = key.pk.slice("act#".length, key.pk.lastIndexOf("#"));
  return `${run}/${key.sk.slice(key.sk.indexOf("#") + 1)}`;
}

/** Whether the children of an action are found in the shards of its run (K2), and not in broods (K3). */
export function hasNoBroods(parent: ActionId): boolean {
  return parent === rootActionId(runOf(parent));
}

/** The partition of what an action's executors and notify write down. */
export function logOf(action: ActionId): string {
  return `log#${action}`;
}

/** The same children have the same brood, so writing it again changes nothing. */
export function broodKey(parent: ActionId, localIds: readonly string[]): Key {
  return { pk: logOf(parent), sk: `${prefixes.brood}${hashStrings(localIds)}` };
}

export function journalKey(action: ActionId, index: number, epoch: number): Key {
  return { pk: logOf(action), sk: `${prefixes.journal}${padded(index)}#${padded(epoch)}` };
}

export function mailKey(action: ActionId, first: number): Key {
  return { pk: logOf(action), sk: `${prefixes.mail}${padded(first)}` };
}

/** Where the record with this sort key begins in its mailbox. */
export function firstOf(mailSortKey: string): number {
  return Number(mailSortKey.slice(prefixes.mail.length));
}

/** Numbers whose order as strings is their order. */
function padded(number: number): string {
  return String(number).padStart(digits, "0");
}

/** A number below `count` that is the same for ever (FNV-1a). */
function placeOf(text: string, count: number): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash >>> 0) % count;
}
