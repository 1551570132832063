/** Seeds that once violated a promise, each with what was wrong. They run with every test of the simulation. */
export interface KeptSeed {
  readonly seed: number;
  readonly why: string;
}

export const keptSeeds: readonly KeptSeed[] = [
  { seed: 10, why: "a replay ran traces again that it had just answered" },
  { seed: 65, why: "what was asked for after the last recorded call never began" },
  { seed: 3, why: "traces inside different steps of one generator had one identity" },
  { seed: 36, why: "an action that was kept from its suspension by news had forgotten its first epoch" },
  {
    seed: 2347,
    why: "a message that came back late was judged by the queue limit of an unclaimed action, and removed",
  },
  { seed: 182, why: "a new action took the slot that a parked one had come back to" },
  { seed: 3557, why: "a result that could not be stored was recorded as the trace's error" },
  { seed: 5857, why: "a fenced executor removed the message that its successor ran under" },
  { seed: 30, why: "an action ran under a message that was gone, and was lost with its executor" },
  { seed: 6141, why: "a mailbox read before the journal lacked entries that the journal told of" },
  { seed: 1739, why: "a call that was answered already counted as one that the replay had not recorded" },
  { seed: 18228, why: "a slot was lost with an action that could not be read after news" },
];
