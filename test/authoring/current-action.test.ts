import { describe, expect, it } from "vitest";
import { setLogSink } from "../../sdk/host.ts";
import { currentAction, group, map, sleep, TaskEnvironment, trace } from "../../sdk/index.ts";
import { aBackend, crasher, Tally } from "./crashes.ts";

const environment = new TaskEnvironment("actions", { reusable: { replicas: 1, concurrency: 10 } });
const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const one = environment.task(async function one(n: number) {
  return n;
});
const step = trace(async function step(n: number) {
  return n;
});

let made = 0;

function taskOf<Out>(fn: () => Promise<Out>, retries = 0) {
  made += 1;
  return environment.task(async () => await fn(), { name: `task_${made}`, retries });
}

/** Runs a task that lets its workers die at its end, and gives what its last two executions saw: before and after. */
async function seenTwice<T>(look: (note: (value: T) => void) => Promise<void>): Promise<readonly T[][]> {
  const backend = aBackend();
  const crash = crasher(backend);
  const executions: T[][] = [];
  const { error } = await backend.run(
    taskOf(async () => {
      const seen: T[] = [];
      executions.push(seen);
      await look((value) => seen.push(value));
      await crash("at the end");
    }),
  );
  expect(error).toBe(undefined);
  return executions.slice(-2);
}

describe("currentAction", () => {
  it("tells which action is running", async () => {
    const backend = aBackend();
    const child = environment.task(async function child() {
      const { run, id, task, attempt } = currentAction();
      return { run, id, task, attempt };
    });
    const { output, listed } = await backend.run(
      taskOf(async () => {
        const { run, id, attempt } = currentAction();
        return [{ run, id, attempt }, await child()] as const;
      }),
      undefined,
      { name: "who-am-i" },
    );
    const childId = listed.find((row) => row.name === "actions.child")?.id;
    expect(output?.[0]).toEqual({ run: "who-am-i", id: "a0", attempt: 1 });
    expect(`who-am-i/${output?.[1].id}`).toBe(childId);
    expect(output?.[1]).toMatchObject({ run: "who-am-i", task: "actions.child", attempt: 1 });
  });

  it("counts the attempts", async () => {
    const backend = aBackend();
    const { output } = await backend.run(
      taskOf(async () => {
        if (currentAction().attempt < 3) throw new Error("not yet");
        return currentAction().attempt;
      }, 5),
    );
    expect(output).toBe(3);
  });

  it("gives the same time, numbers and identifiers again after a crash", async () => {
    const [first, second] = await seenTwice<unknown>(async (note) => {
      const { now, random, uuid } = currentAction();
      note([now(), random(), uuid()]);
      await sleep("1h");
      note([now(), random(), uuid()]);
      await one(1);
      note([now(), random(), uuid()]);
    });
    expect(second).toEqual(first);
    expect(new Set(JSON.stringify(first).match(/[0-9a-f-]{36}/g)).size).toBe(3);
  });

  it("gives the same again after a crash though traces drew some as well", async () => {
    const draws = trace(async function draws() {
      return [currentAction().random(), currentAction().uuid()];
    });
    const [first, second] = await seenTwice<unknown>(async (note) => {
      note(currentAction().random());
      note(await draws());
      note(currentAction().random());
      note(await draws());
      note(currentAction().uuid());
    });
    expect(second).toEqual(first);
    expect(first?.[1]).not.toEqual(first?.[3]);
  });

  it("has a time that moves on with what the code is told, and only then", async () => {
    const backend = aBackend();
    const startMs = backend.clock.nowMs();
    const { output } = await backend.run(
      taskOf(async () => {
        const { now } = currentAction();
        const times = [now()];
        await sleep("1h");
        times.push(now());
        await step(1);
        times.push(now());
        return times;
      }),
    );
    const [atStart = 0, afterSleep = 0, afterStep = 0] = output ?? [];
    expect(atStart).toBe(startMs);
    expect(afterSleep).toBeGreaterThanOrEqual(startMs + 3_600_000);
    expect(afterStep).toBeGreaterThanOrEqual(afterSleep);
  });

  it("has numbers spread evenly from 0 to 1, and identifiers of the usual form that are all different", async () => {
    const backend = aBackend();
    const count = 4_000;
    const { output } = await backend.run(
      taskOf(async () => {
        const { random, uuid } = currentAction();
        const numbers = Array.from({ length: count }, () => random());
        return { numbers, uuids: Array.from({ length: 200 }, () => uuid()) };
      }),
    );
    const { numbers = [], uuids = [] } = output ?? {};
    const tenths = Array.from({ length: 10 }, () => 0);
    for (const number of numbers) {
      const tenth = Math.floor(number * 10);
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
    for (const share of tenths) expect(Math.abs(share - count / 10)).toBeLessThan(100);
    for (const uuid of uuids) expect(uuid).toMatch(uuidForm);
    expect(new Set(uuids).size).toBe(uuids.length);
  });

  it("has other numbers in each attempt and each action", async () => {
    const backend = aBackend();
    const drawn: number[] = [];
    const draw = environment.task(
      async function draw(_: number) {
        drawn.push(currentAction().random());
        if (currentAction().attempt === 1) throw new Error("again");
      },
      { retries: 1 },
    );
    await backend.run(taskOf(async () => await map(draw, [1, 2])));
    expect(new Set(drawn).size).toBe(4);
  });

  it("outside of a run is a stand-in with real time and randomness", () => {
    const { run, id, attempt, signal, random, uuid, now } = currentAction();
    expect([run, id, attempt, signal.aborted]).toEqual(["local", "a0", 1, false]);
    expect(uuid()).toMatch(uuidForm);
    expect(random()).not.toBe(random());
    expect(Number.isSafeInteger(now())).toBe(true);
  });
});

describe("the logger of an action", () => {
  it("leaves out the lines of code that is replayed, and keeps those of traces that ran", async () => {
    const backend = aBackend();
    const crash = crasher(backend);
    const lines: string[] = [];
    setLogSink((line) =>
      lines.push(`${line.level} ${line.attempt} ${line.text} ${JSON.stringify(line.fields)}`),
    );
    const logged = trace(async function logged() {
      currentAction().logger.info("in the trace");
    });
    await backend.run(
      taskOf(async () => {
        currentAction().logger.debug("at the start", { n: 1 });
        await logged();
        currentAction().logger.warn("after the trace");
        await crash("then");
        currentAction().logger.error("at the end");
      }),
    );
    setLogSink(null);
    const texts = lines.map((line) => line.split(" ").slice(2).join(" "));
    expect(texts.filter((text) => text === "in the trace null").length).toBe(1);
    expect(texts.filter((text) => text === 'at the start {"n":1}').length).toBe(1);
    expect(lines.at(-1)).toBe("error 1 at the end null");
  });
});

describe("group", () => {
  it("names the actions that are asked for in it, the innermost counts, and changes no ids", async () => {
    const backend = aBackend();
    const tally = new Tally();
    const { output, listed } = await backend.run(
      taskOf(async () => {
        const grouped = await group("outer", async () => [await one(1), await group("inner", () => one(2))]);
        tally.add("body");
        return [...grouped, await one(3)];
      }),
    );
    expect(output).toEqual([1, 2, 3]);
    const groups = listed.slice(1).map((row) => row.group);
    expect(new Set(groups)).toEqual(new Set(["outer", "inner", null]));
    const plain = await backend.run(taskOf(async () => [await one(1), await one(2), await one(3)]));
    const idsOf = (rows: typeof listed) =>
      rows
        .slice(1)
        .map((row) => row.id.split("/")[1])
        .sort();
    expect(idsOf(plain.listed)).toEqual(idsOf(listed));
  });

  it("gives what its function gives, also outside of a run", async () => {
    expect(group("any", () => 7)).toBe(7);
    expect(() =>
      group("any", () => {
        throw new RangeError("no");
      }),
    ).toThrow(RangeError);
    expect(await group("any", async () => 8)).toBe(8);
  });
});
