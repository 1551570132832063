import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  abortAction,
  type Claim,
  claimAction,
  completeAction,
  type Decision,
  type ExecutorReport,
  expireAction,
  failAttempt,
  handBackAction,
  initialState,
  isCurrent,
  judgeLosses,
  LOSSES_MAX,
  loseAction,
  raiseInbox,
  suspendAction,
} from "../../sdk/core/action-state.ts";
import { toErrorRecord } from "../../sdk/core/error-record.ts";
import { NonRecoverableError } from "../../sdk/core/errors.ts";
import { nextLimit, passedLimit } from "../../sdk/core/limits.ts";
import { type ActionPolicy, type ActionState, isEnded } from "../../sdk/core/records.ts";
import { anEnd, anError, aSpec, aState, aValue } from "../support/records.ts";

const createdMs = aSpec().createdMs;
const report: ExecutorReport = { tracesExecuted: 0, tracesReplayed: 0, spawned: false };
const failure = toErrorRecord(new Error("it failed"));
const unlimited = { maxRuntimeMs: null, maxQueuedMs: null, deadlineMs: null };

function aPolicy(overrides: Partial<ActionPolicy> = {}): ActionPolicy {
  return { ...aSpec().policy, timeouts: unlimited, ...overrides };
}

/** One thing that somebody, current or fenced, decides about an action. Numbers are made to hit and to miss. */
type Move =
  /** `ahead`: by how much the epoch that the message was sent for is above the current one; null where it names none. */
  | { readonly kind: "claim"; readonly message: string; readonly ahead: number | null }
  | {
      readonly kind: "complete" | "fail" | "failForGood" | "suspend" | "handBack" | "judge";
      /** How far behind the current epoch its executor is. */
      readonly lag: number;
      readonly count: number;
    }
  | { readonly kind: "inbox"; readonly entries: number }
  | { readonly kind: "abort" | "lose" | "expire" };

const moves: fc.Arbitrary<Move> = fc.oneof(
  fc.record({
    kind: fc.constant("claim" as const),
    message: fc.constantFrom("m1", "m2"),
    ahead: fc.constantFrom(0, 0, null, -1, 1),
  }),
  fc.record({
    kind: fc.constantFrom("complete", "fail", "failForGood", "suspend", "handBack", "judge"),
    lag: fc.constantFrom(0, 0, 0, 1),
    count: fc.nat({ max: 6 }),
  }),
  fc.record({ kind: fc.constant("inbox" as const), entries: fc.nat({ max: 6 }) }),
  fc.record({ kind: fc.constantFrom("abort", "lose", "expire") }),
);

const policies: fc.Arbitrary<ActionPolicy> = fc
  .record({
    count: fc.nat({ max: 3 }),
    maxRuntimeMs: fc.option(fc.integer({ min: 1, max: 5_000 })),
    maxQueuedMs: fc.option(fc.integer({ min: 1, max: 5_000 })),
    deadlineMs: fc.option(fc.integer({ min: 1, max: 50_000 })),
  })
  .map(({ count, ...timeouts }) =>
    aPolicy({ retries: { count, baseMs: 100, factor: 2, capMs: 1_000 }, timeouts }),
  );

function claimOf(state: ActionState, move: Move & { readonly kind: "claim" }, nowMs: number): Claim {
  const epoch = move.ahead === null ? undefined : state.epoch + move.ahead;
  return { messageId: move.message, epoch, mark: `mark-${state.epoch}`, nowMs };
}

function decide(state: ActionState, move: Move, policy: ActionPolicy, nowMs: number): Decision {
  const position = { ...state.base, index: state.base.index + 1, epoch: state.epoch };
  switch (move.kind) {
    case "claim":
      return claimAction(state, claimOf(state, move, nowMs));
    case "inbox":
      return raiseInbox(state, move.entries);
    case "abort":
      return abortAction(state, "a test says so", nowMs);
    case "lose":
      return loseAction(state, nowMs);
    case "expire":
      return expireAction(state, policy, position, nowMs);
    default: {
      const epoch = state.epoch - move.lag;
      if (move.kind === "complete") return completeAction(state, epoch, aValue(), report, nowMs);
      if (move.kind === "suspend") return suspendAction(state, epoch, move.count, report);
      if (move.kind === "handBack") return handBackAction(state, epoch, report, nowMs);
      if (move.kind === "judge") return judgeLosses(state, epoch, move.count, nowMs);
      const error = move.kind === "fail" ? failure : toErrorRecord(new NonRecoverableError("no"));
      return failAttempt(state, epoch, { error, policy, position, nowMs }, report);
    }
  }
}

/** Plays moves from an action's creation on, 500 ms apart, and shows each decision to `look`. */
function play(
  sequence: readonly Move[],
  policy: ActionPolicy,
  look: (before: ActionState, move: Move, decision: Decision, nowMs: number) => void,
): void {
  let state = initialState(aSpec({ policy }));
  sequence.forEach((move, place) => {
    const nowMs = createdMs + place * 500;
    const decision = decide(state, move, policy, nowMs);
    look(state, move, decision, nowMs);
    if (decision.kind === "write") state = decision.next;
  });
}

const histories = fc.array(moves, { maxLength: 40 });

describe("an action, whatever is decided about it", () => {
  it("never changes once it has ended (A1)", () => {
    fc.assert(
      fc.property(histories, policies, (sequence, policy) => {
        play(sequence, policy, (before, _, decision) => {
          if (!isEnded(before.status)) return;
          expect(decision.kind).toBe("refuse");
        });
      }),
    );
  });

  it("is changed by no executor whose epoch is not the current one (A2)", () => {
    fc.assert(
      fc.property(histories, policies, (sequence, policy) => {
        play(sequence, policy, (before, move, decision) => {
          if (!("lag" in move) || isCurrent(before, before.epoch - move.lag)) return;
          expect(decision).toEqual({ kind: "refuse", reason: isEnded(before.status) ? "ended" : "fenced" });
        });
      }),
    );
  });

  it("is taken over while it runs only by the message that it runs under (A3)", () => {
    fc.assert(
      fc.property(histories, policies, (sequence, policy) => {
        play(sequence, policy, (before, move, decision) => {
          if (move.kind !== "claim" || before.status !== "running") return;
          expect(decision.kind).toBe(before.owner === move.message ? "write" : "refuse");
        });
      }),
    );
  });

  it("is started only at the epoch that the message was sent for (A6)", () => {
    fc.assert(
      fc.property(histories, policies, (sequence, policy) => {
        play(sequence, policy, (before, move, decision) => {
          if (move.kind !== "claim" || move.ahead === null || isEnded(before.status)) return;
          if (before.owner === move.message) return; // A takeover, which A3 is about.
          if (move.ahead < 0) expect(decision).toEqual({ kind: "refuse", reason: "duplicate" });
          if (move.ahead > 0) expect(decision).toEqual({ kind: "refuse", reason: "early" });
        });
      }),
    );
  });

  it("is suspended only with every entry read that it was told of, and woken only by a new one (A4)", () => {
    fc.assert(
      fc.property(histories, policies, (sequence, policy) => {
        play(sequence, policy, (before, move, decision) => {
          if (decision.kind !== "write") return;
          if (decision.next.status === "suspended" && before.status !== "suspended") {
            expect(decision.next.read).toBeGreaterThanOrEqual(before.inbox);
          }
          if (before.status === "suspended" && move.kind === "claim") {
            expect(before.inbox).toBeGreaterThan(before.read);
          }
        });
      }),
    );
  });

  it("has epochs that only grow, by one with each claim, abort, loss and expiry, and not otherwise (A5)", () => {
    const fencing = new Set<Move["kind"]>(["claim", "abort", "lose", "expire"]);
    fc.assert(
      fc.property(histories, policies, (sequence, policy) => {
        play(sequence, policy, (before, move, decision) => {
          if (decision.kind !== "write") return;
          expect(decision.next.epoch).toBe(before.epoch + (fencing.has(move.kind) ? 1 : 0));
        });
      }),
    );
  });

  it("has one version more after each write, and keeps who it is", () => {
    fc.assert(
      fc.property(histories, policies, (sequence, policy) => {
        play(sequence, policy, (before, _, decision) => {
          if (decision.kind !== "write") return;
          const { id, run, parent, name, environment, createdMs: madeMs } = before;
          expect(decision.next).toMatchObject({ id, run, parent, name, environment, createdMs: madeMs });
          expect(decision.next.version).toBe(before.version + 1);
        });
      }),
    );
  });

  it("is owned exactly while it runs, and has an outcome and an end exactly when it has ended", () => {
    fc.assert(
      fc.property(histories, policies, (sequence, policy) => {
        play(sequence, policy, (_, __, decision) => {
          if (decision.kind !== "write") return;
          const { status, owner, outcome, endedMs } = decision.next;
          expect(owner !== null).toBe(status === "running");
          expect(outcome !== null).toBe(isEnded(status));
          expect(endedMs !== null).toBe(isEnded(status));
        });
      }),
    );
  });

  it("has at most one attempt more than its retries, each with a base behind the one before", () => {
    fc.assert(
      fc.property(histories, policies, (sequence, policy) => {
        play(sequence, policy, (before, _, decision) => {
          if (decision.kind !== "write") return;
          const { attempt, base } = decision.next;
          expect(attempt).toBeLessThanOrEqual(policy.retries.count + 1);
          expect(base.attempt).toBe(attempt);
          expect(base.index).toBeGreaterThanOrEqual(before.base.index);
          expect(base.at).toBeGreaterThanOrEqual(before.base.at);
          if (attempt > before.attempt) expect(base.at).toBeGreaterThanOrEqual(before.inbox);
        });
      }),
    );
  });
});

describe("claimAction", () => {
  const claim = { messageId: "m1", mark: "a-mark", nowMs: createdMs + 5 };
  const ended = (["succeeded", "failed", "aborted"] as const).map((status) => anEnd(aState(), { status }));

  it.each(ended.map((state) => [state.status, state] as const))(
    "an action that has %s is not claimed",
    (_, state) => {
      expect(claimAction(state, claim)).toEqual({ kind: "refuse", reason: "ended" });
    },
  );

  it("the first claim makes epoch 1 and begins the running time", () => {
    expect(claimAction(initialState(aSpec()), claim)).toMatchObject({
      next: {
        status: "running",
        version: 1,
        epoch: 1,
        owner: "m1",
        claim: "a-mark",
        startedMs: claim.nowMs,
        losses: 0,
      },
    });
  });

  it.each<[string, number | undefined, string]>([
    ["of no epoch, is a duplicate", undefined, "duplicate"],
    ["of an epoch before, is a duplicate", 1, "duplicate"],
    ["of the epoch that runs, comes before its attempt has ended", 2, "early"],
  ])("a message that meets a running action under another, and is %s", (_, epoch, reason) => {
    const running = aState({ owner: "m2", epoch: 2 });
    expect(claimAction(running, { ...claim, epoch })).toEqual({ kind: "refuse", reason });
  });

  it("a takeover counts a loss, and the attempt's running time goes on", () => {
    const running = aState({ owner: "m1", startedMs: createdMs + 1 });
    expect(claimAction(running, claim)).toMatchObject({
      next: { epoch: 2, losses: 1, startedMs: createdMs + 1 },
    });
  });

  it("a queued action is claimed when its backoff is over, not before", () => {
    const queued = aState({ status: "queued", owner: null, readyMs: claim.nowMs + 1 });
    expect(claimAction(queued, claim)).toEqual({ kind: "refuse", reason: "not-ready" });
    expect(claimAction({ ...queued, readyMs: claim.nowMs }, claim).kind).toBe("write");
  });

  it("a suspended action that has read everything is left alone", () => {
    const suspended = aState({ status: "suspended", owner: null, inbox: 2, read: 2 });
    expect(claimAction(suspended, claim)).toEqual({ kind: "refuse", reason: "nothing-new" });
    expect(claimAction({ ...suspended, inbox: 3 }, claim).kind).toBe("write");
  });
});

describe("failAttempt", () => {
  const position = { attempt: 1, index: 4, epoch: 1, at: 2 };

  it("queues the next attempt after the backoff, with a base at the end of this one's log", () => {
    const decision = failAttempt(
      aState({ inbox: 3, losses: 2 }),
      1,
      { error: failure, policy: aPolicy(), position, nowMs: createdMs + 100 },
      { ...report, tracesExecuted: 5 },
    );
    expect(decision).toMatchObject({
      next: {
        status: "queued",
        attempt: 2,
        base: { attempt: 2, index: 4, epoch: 1, at: 3 },
        owner: null,
        losses: 0,
        queuedMs: createdMs + 100,
        readyMs: createdMs + 600,
        startedMs: null,
        outcome: null,
        lastError: failure,
        tracesExecuted: 5,
      },
    });
  });

  it.each([
    ["no retries are left", failure, 1],
    ["the error is not retryable", toErrorRecord(new NonRecoverableError("no")), 1_000],
  ])("ends the action when %s", (_, error, count) => {
    const policy = aPolicy({ retries: { ...aPolicy().retries, count } });
    const state = aState({ attempt: 2, base: { ...position, attempt: 2 } });
    expect(failAttempt(state, 1, { error, policy, position, nowMs: createdMs }, report)).toMatchObject({
      next: { status: "failed", outcome: { kind: "error", error }, endedMs: createdMs },
    });
  });
});

describe("suspendAction", () => {
  it("is refused when there is an entry that the executor has not read", () => {
    expect(suspendAction(aState({ inbox: 3 }), 1, 2, report)).toEqual({
      kind: "refuse",
      reason: "inbox-moved",
    });
  });

  it("forgets losses, since the executor came to an end", () => {
    expect(suspendAction(aState({ inbox: 3, losses: 4 }), 1, 3, report)).toMatchObject({
      next: { status: "suspended", read: 3, losses: 0, owner: null },
    });
  });
});

describe("completeAction", () => {
  it.each([
    ["succeeded", aValue()],
    ["failed", anError()],
  ] as const)("an action %s with its outcome", (status, outcome) => {
    expect(completeAction(aState(), 1, outcome, report, createdMs + 9)).toMatchObject({
      next: { status, outcome, endedMs: createdMs + 9 },
    });
  });
});

describe("losses", () => {
  it("an action that makes progress between losses is never given up", () => {
    let state = aState({ owner: "m1" });
    for (let loss = 1; loss <= 3 * LOSSES_MAX; loss += 1) {
      state = written(claimAction(state, { messageId: "m1", mark: String(loss), nowMs: createdMs }));
      state = written(judgeLosses(state, state.epoch, loss, createdMs));
      expect(state).toMatchObject({ status: "running", losses: 1, progress: loss });
    }
  });

  it(`one without progress survives ${LOSSES_MAX} losses and fails with a WorkerLostError at the next`, () => {
    let state = aState({ owner: "m1" });
    for (let loss = 1; loss <= LOSSES_MAX; loss += 1) {
      state = written(claimAction(state, { messageId: "m1", mark: String(loss), nowMs: createdMs }));
      expect(judgeLosses(state, state.epoch, 0, createdMs)).toEqual({ kind: "refuse", reason: "not-due" });
    }
    state = written(claimAction(state, { messageId: "m1", mark: "last", nowMs: createdMs }));
    expect(judgeLosses(state, state.epoch, 0, createdMs)).toMatchObject({
      next: {
        status: "failed",
        outcome: { kind: "error", error: { name: "WorkerLostError", fields: { losses: 11 } } },
      },
    });
  });

  it("an action whose message was given up fails, and its executor is fenced", () => {
    const next = written(loseAction(aState(), createdMs));
    expect(next).toMatchObject({ status: "failed", epoch: 2, lastError: { name: "WorkerLostError" } });
    expect(isCurrent(next, 1)).toBe(false);
  });
});

describe("limits", () => {
  const limits = { maxRuntimeMs: 1_000, maxQueuedMs: 500, deadlineMs: 10_000 };
  const policy = aPolicy({ timeouts: limits });
  const queued = initialState(aSpec({ policy }));
  const running = aState({ startedMs: createdMs + 400 });

  it.each([
    ["maxQueuedTime", queued, createdMs + 500],
    ["maxRuntime", running, createdMs + 1_400],
    ["maxRuntime", { ...running, status: "suspended" as const }, createdMs + 1_400],
    ["deadline", { ...running, startedMs: createdMs + 9_500 }, createdMs + 10_000],
  ] as const)("%s is next", (limit, state, atMs) => {
    expect(nextLimit(state, policy)).toMatchObject({ limit, atMs });
    expect(passedLimit(state, policy, atMs - 1)).toBe(null);
    expect(passedLimit(state, policy, atMs)).toMatchObject({ limit });
  });

  it("an action handed back keeps its running time, and the queue's limit does not hold for it", () => {
    expect(nextLimit({ ...running, status: "queued" }, policy)?.limit).toBe("maxRuntime");
  });

  it("the time of the backoff does not count as queued", () => {
    const retried = { ...queued, attempt: 2, readyMs: createdMs + 3_000 };
    expect(nextLimit(retried, policy)).toMatchObject({ limit: "maxQueuedTime", atMs: createdMs + 3_500 });
  });

  it.each([anEnd(running), anEnd(running, { status: "aborted" })])("an ended action has none", (state) => {
    expect(nextLimit(state, policy)).toBe(null);
  });

  it("an action without limits has none", () => {
    expect(nextLimit(running, aPolicy())).toBe(null);
    expect(expireAction(running, aPolicy(), running.base, createdMs * 2)).toEqual({
      kind: "refuse",
      reason: "not-due",
    });
  });

  it("a passed maxRuntime ends the attempt, and its executor is fenced", () => {
    const next = written(expireAction(running, policy, running.base, createdMs + 1_400));
    expect(next).toMatchObject({
      status: "queued",
      attempt: 2,
      epoch: 2,
      lastError: { name: "TaskTimeoutError" },
    });
  });

  it("a passed deadline ends the action, retries or not", () => {
    const next = written(expireAction(running, policy, running.base, createdMs + 10_000));
    expect(next.status).toBe("queued"); // The maxRuntime had passed first, and has its own next attempt.
    const late = written(expireAction(next, policy, next.base, createdMs + 10_000));
    expect(late).toMatchObject({
      status: "failed",
      lastError: { fields: { limit: "deadline", limitMs: 10_000 } },
    });
  });
});

function written(decision: Decision): ActionState {
  if (decision.kind === "refuse") throw new Error(`Refused: ${decision.reason}.`);
  return decision.next;
}
