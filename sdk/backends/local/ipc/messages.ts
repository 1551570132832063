/** What the two ends of a connection say to each other. A message is an array: its kind, then what belongs to the kind. */

export const messageKind = {
  /** Host: [limits of the store]. The first message of all. */
  welcome: 0,
  /** Replica: [id, method, arguments]. */
  call: 1,
  /** Host: [id of the call, result]. */
  done: 2,
  /** Host: [id of the call, error]. */
  failed: 3,
  /** Replica: [id of the call]. It no longer waits: the answer comes now. */
  cancel: 4,
  /** Replica: [event]. Nobody answers. */
  event: 5,
  /** Replica: []. It can take work. */
  ready: 6,
} as const;

type Json =
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly Json[]
  | { readonly [field: string]: Json };

/** Something that a replica tells its host in passing, such as a log line or a count: JSON with a `kind`. */
export interface ReplicaEvent {
  readonly kind: string;
  readonly [field: string]: Json;
}
