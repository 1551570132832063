import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { findDocuments } from "../../examples/documents/find-documents.ts";
import { localService } from "../../examples/documents/local-service.ts";
import { analyse } from "../../examples/documents/service/analysis.ts";
import type { Counts } from "../../examples/documents/service/counts.ts";
import type { ServiceOptions } from "../../examples/documents/service/options.ts";
import type { BatchRequest, BatchStatus, ItemResult } from "../../examples/documents/service/protocol.ts";
import { type RunningService, startService } from "../../examples/documents/service/server.ts";

/** Quick and without faults, so that each test turns on what it is about. */
const calm: Partial<ServiceOptions> = {
  latencyMs: [0, 0],
  workMs: [0, 0],
  ratePerSecond: 1e6,
  burst: 1e6,
  errorRate: 0,
  lostAnswerRate: 0,
  itemFailureRate: 0,
};

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function service(options: Partial<ServiceOptions> = {}): Promise<RunningService> {
  const started = await startService({ ...calm, ...options });
  cleanUps.push(() => started.close());
  return started;
}

function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "documents-"));
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function batchOf(...ids: string[]): BatchRequest {
  return { documents: ids.map((id) => ({ id, text: `This is the text of ${id}.` })) };
}

function post(to: { url: string }, body: unknown, type = "application/json"): Promise<Response> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return fetch(`${to.url}/batches`, { method: "POST", headers: { "content-type": type }, body: text });
}

async function accepted(response: Response): Promise<string> {
  expect(response.status).toBe(202);
  return ((await response.json()) as { job: string }).job;
}

async function resultsOf(to: { url: string }, job: string): Promise<readonly ItemResult[]> {
  for (let polls = 0; polls < 2_000; polls += 1) {
    const status = (await (await fetch(`${to.url}/batches/${job}`)).json()) as BatchStatus;
    if (status.state === "done") return status.results;
    await wait(5);
  }
  throw new Error(`${job} never ended.`);
}

/** Waits for something that happens in its own time, for at most ten seconds. */
async function eventually(what: string, isSo: () => Promise<boolean>): Promise<void> {
  for (let looks = 0; looks < 200; looks += 1) {
    if (await isSo()) return;
    await wait(50);
  }
  throw new Error(`It never came true that ${what}.`);
}

const answers = (url: string): Promise<boolean> =>
  fetch(`${url}/health`).then(
    ({ ok }) => ok,
    () => false,
  );

/** Ends a service that is no child of the test. Once it refuses calls it has written its last file. */
function endLater(pid: number, url: string): void {
  cleanUps.push(async () => {
    process.kill(pid, "SIGTERM");
    await eventually("the service has ended", async () => !(await answers(url)));
  });
}

describe("a batch", () => {
  it("is queued, then running, then done with a result for each document in its order", async () => {
    const vendor = await service({ workMs: [1_500, 1_500] });
    const job = await accepted(await post(vendor, batchOf("z", "a", "m")));
    const states: string[] = [];
    await eventually("the job is done", async () => {
      const { state } = (await (await fetch(`${vendor.url}/batches/${job}`)).json()) as BatchStatus;
      if (states.at(-1) !== state) states.push(state);
      return state === "done";
    });
    expect(states).toEqual(["queued", "running", "done"].slice(-states.length));
    expect(states).toContain("running");
    expect((await resultsOf(vendor, job)).map(({ id }) => id)).toEqual(["z", "a", "m"]);
  });

  it("sent again under its key gets the same job and is counted as repeated", async () => {
    const vendor = await service();
    const batch = { ...batchOf("a", "b"), idempotencyKey: "key" };
    const first = await accepted(await post(vendor, batch));
    expect(await accepted(await post(vendor, batch))).toBe(first);
    expect(vendor.counts().documents).toEqual({
      a: { calls: 2, accepted: 1, repeated: 1 },
      b: { calls: 2, accepted: 1, repeated: 1 },
    });
  });

  it("sent again without a key makes a second job", async () => {
    const vendor = await service();
    const first = await accepted(await post(vendor, batchOf("a")));
    expect(await accepted(await post(vendor, batchOf("a")))).not.toBe(first);
    expect(vendor.counts().documents.a).toEqual({ calls: 2, accepted: 2, repeated: 0 });
  });

  it("under a key of another batch is refused and makes no job", async () => {
    const vendor = await service();
    await accepted(await post(vendor, { ...batchOf("a"), idempotencyKey: "key" }));
    const other = await post(vendor, { ...batchOf("b"), idempotencyKey: "key" });
    expect(other.status).toBe(409);
    expect(vendor.counts().documents.b).toEqual({ calls: 1, accepted: 0, repeated: 0 });
  });
});

describe("the seed", () => {
  const ids = Array.from({ length: 40 }, (_, n) => `document-${n}`);

  async function results(seed: number, batches: readonly string[][]): Promise<Map<string, ItemResult>> {
    const vendor = await service({ seed, itemFailureRate: 0.3 });
    const byId = new Map<string, ItemResult>();
    for (const batch of batches) {
      const job = await accepted(await post(vendor, batchOf(...batch)));
      for (const result of await resultsOf(vendor, job)) byId.set(result.id, result);
    }
    return new Map([...byId].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  it("gives each document the same result in whatever batch and order it comes", async () => {
    const inOne = await results(5, [ids]);
    const reversed = ids.toReversed();
    expect(await results(5, [reversed.slice(0, 7), reversed.slice(7)])).toEqual(inOne);
    const failures = [...inOne.values()].filter(({ ok }) => !ok).length;
    expect(failures).toBeGreaterThan(0);
    expect(failures).toBeLessThan(ids.length);
    expect(await results(6, [ids])).not.toEqual(inOne);
  });

  it("decides the faults of each call, not the order in which calls arrive", async () => {
    async function faults(order: readonly string[]): Promise<Record<string, number[]>> {
      const vendor = await service({ seed: 3, errorRate: 0.5 });
      const statuses: Record<string, number[]> = {};
      for (const id of order) {
        const { status } = await post(vendor, batchOf(id));
        statuses[id] = [...(statuses[id] ?? []), status];
      }
      return statuses;
    }
    const four = ["a", "b", "c", "d"];
    const roundRobin = await faults([...four, ...four, ...four]);
    expect(await faults(four.toReversed().flatMap((id) => [id, id, id]))).toEqual(roundRobin);
    expect(new Set(Object.values(roundRobin).flat())).toEqual(new Set([202, 500]));
  });
});

describe("a bad moment", () => {
  it("before the effect answers 500 and has done nothing", async () => {
    const vendor = await service({ errorRate: 1 });
    expect((await post(vendor, batchOf("a"))).status).toBe(500);
    expect(vendor.counts().documents.a).toEqual({ calls: 1, accepted: 0, repeated: 0 });
    expect(vendor.counts().answers).toMatchObject({ accepted: 0, failedBefore: 1 });
  });

  it("after the effect answers 500 and the job exists", async () => {
    const vendor = await service({ lostAnswerRate: 1 });
    expect((await post(vendor, batchOf("a"))).status).toBe(500);
    expect(vendor.counts().documents.a).toEqual({ calls: 1, accepted: 1, repeated: 0 });
    expect(vendor.counts().answers.failedAfter).toBe(1);
  });

  it("of too many calls answers 429, and after Retry-After the call goes through", async () => {
    const vendor = await service({ ratePerSecond: 2, burst: 1 });
    await accepted(await post(vendor, batchOf("a")));
    const limited = await post(vendor, batchOf("b"));
    expect(limited.status).toBe(429);
    expect(vendor.counts().documents.b).toEqual({ calls: 1, accepted: 0, repeated: 0 });
    await wait(Number(limited.headers.get("retry-after")) * 1000);
    await accepted(await post(vendor, batchOf("b")));
    expect(vendor.counts().answers.rateLimited).toBe(1);
  });
});

describe("a request is refused", () => {
  const tooMany = batchOf(...Array.from({ length: 101 }, (_, n) => `${n}`));
  it.each<[string, unknown, number, RegExp]>([
    ["that is not JSON", "{", 400, /not valid JSON/],
    ["without documents", {}, 400, /a list .*documents/],
    ["of no documents", { documents: [] }, 400, /has 0 documents; 1 to 100/],
    ["of too many documents", tooMany, 400, /has 101 documents; 1 to 100/],
    ["with the same id twice", batchOf("a", "a"), 400, /same id/],
    ["with a document without text", { documents: [{ id: "a" }] }, 400, /documents\[0\] needs/],
    ["with an empty key", { ...batchOf("a"), idempotencyKey: "" }, 400, /idempotencyKey/],
    ["with a body of over 32 MiB", "x".repeat(32 * 1024 * 1024 + 1), 413, /over 33554432 bytes/],
  ])("%s", async (_, body, status, reason) => {
    const vendor = await service();
    const response = await post(vendor, body);
    expect([response.status, await response.text()]).toEqual([status, expect.stringMatching(reason)]);
    expect(vendor.counts().answers.refused).toBe(1);
    expect(vendor.counts().documents).toEqual({});
  });

  it("of another content type, page, method or job", async () => {
    const vendor = await service();
    expect((await post(vendor, batchOf("a"), "text/plain")).status).toBe(415);
    expect((await fetch(`${vendor.url}/elsewhere`)).status).toBe(404);
    expect((await fetch(`${vendor.url}/batches`)).status).toBe(405);
    expect((await fetch(`${vendor.url}/batches/job-of-nobody`)).status).toBe(404);
    expect(vendor.counts().polls).toEqual({});
  });

  it("from another address than 127.0.0.1", async () => {
    const vendor = await service();
    const elsewhere = vendor.url.replace("127.0.0.1", "127.0.0.2");
    await expect(fetch(elsewhere, { signal: AbortSignal.timeout(2_000) })).rejects.toThrow();
  });

  it.each<[Partial<ServiceOptions>, RegExp]>([
    [{ errorRate: 2 }, /errorRate of the document service is 2; give a chance from 0 to 1/],
    [{ workMs: [9, 3] }, /workMs of the document service is \[9,3\]/],
    [{ burst: 0 }, /burst of the document service is 0/],
    [{ seed: Number.NaN }, /seed of the document service is null/],
  ])("to start with %j", async (options, reason) => {
    await expect(startService(options)).rejects.toThrow(reason);
  });
});

describe("the service as a process", () => {
  const main = fileURLToPath(new URL("../../examples/documents/service/main.ts", import.meta.url));

  it("prints its URL in one line, counts in its file, and ends at SIGTERM", async () => {
    const stats = join(emptyFolder(), "counts.json");
    const flags = ["--latency-ms", "0", "--work-ms", "0-1", "--error-rate", "0", "--lost-answer-rate", "0"];
    const child = spawn(process.execPath, [main, "--port", "0", "--stats", stats, ...flags]);
    cleanUps.push(() => child.kill("SIGKILL"));
    const [line] = (await once(child.stdout, "data")) as [Buffer];
    const { url, pid } = JSON.parse(line.toString()) as { url: string; pid: number };
    expect(pid).toBe(child.pid);
    await resultsOf({ url }, await accepted(await post({ url }, batchOf("a"))));
    const shown = (await (await fetch(`${url}/stats`)).json()) as Counts;
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([0, null]);
    expect(shown.documents).toEqual({ a: { calls: 1, accepted: 1, repeated: 0 } });
    expect(JSON.parse(readFileSync(stats, "utf8"))).toEqual(shown);
  });

  it("ends with 2 and says why when a flag is wrong", async () => {
    const child = spawn(process.execPath, [main, "--rate", "fast"]);
    let complaint = "";
    child.stderr.on("data", (part: Buffer) => {
      complaint += part.toString();
    });
    expect(await once(child, "close")).toEqual([2, null]);
    expect(complaint).toMatch(/ratePerSecond of the document service/);
  });

  it("ends itself when nobody calls it", async () => {
    const vendor = await service({ idleMsMax: 300 });
    await eventually("the service has ended", async () => {
      await wait(1_000);
      return !(await answers(vendor.url));
    });
  });

  it("outlives the run that started it and is found by the next", async () => {
    const folder = emptyFolder();
    const starter = fileURLToPath(new URL("../../examples/documents/local-service.ts", import.meta.url));
    const code = `import { localService } from ${JSON.stringify(starter)};
      console.log(await localService(4, ${JSON.stringify(folder)}));
      setInterval(() => {}, 1000);`;
    const run = spawn(process.execPath, ["--input-type=module", "--eval", code], { detached: true });
    const [line] = (await once(run.stdout, "data")) as [Buffer];
    const url = line.toString().trim();
    const address = readFileSync(join(folder, "documents-service-4.json"), "utf8");
    const { pid } = JSON.parse(address) as { pid: number };
    endLater(pid, url);
    process.kill(-(run.pid as number), "SIGKILL");
    await once(run, "exit");
    expect(await localService(4, folder)).toBe(url);
    expect(await (await fetch(`${url}/health`)).json()).toEqual({ service: "documents", seed: 4, pid });
  });

  it("is started anew when the address on file is that of another", async () => {
    const folder = emptyFolder();
    const stranger = await service({ seed: 99 });
    writeFileSync(join(folder, "documents-service-4.json"), JSON.stringify({ url: stranger.url, pid: 0 }));
    const url = await localService(4, folder);
    const { pid } = (await (await fetch(`${url}/health`)).json()) as { pid: number };
    endLater(pid, url);
    expect(url).not.toBe(stranger.url);
  });
});

describe("an analysis", () => {
  it.each<[string, string, string | null]>([
    ["MIT", "Permission is hereby granted, free of\ncharge, to any person obtaining a copy", "MIT"],
    ["Apache", "Apache License\n   Version 2.0, January 2004", "Apache-2.0"],
    ["two-clause BSD", "Redistribution and use in source and binary forms, with", "BSD-2-Clause"],
    [
      "three-clause BSD",
      "Redistribution and use in source and binary forms … Neither the name",
      "BSD-3-Clause",
    ],
    ["a README that names it", "## License\n\n[ISC](LICENSE) © the authors", "ISC"],
    ["a README that names none", "How to use the permit: submit it.", null],
  ])("recognises the licence of %s", (_, text, licence) => {
    expect(analyse({ id: "a", text }).licence).toBe(licence);
  });

  it("counts words, finds the most frequent long one, and tells the language", () => {
    expect(analyse({ id: "a", text: "The cattle and the dogs: cattle is what dogs herd." })).toMatchObject({
      words: 10,
      topWord: "cattle",
      language: "en",
    });
    expect(analyse({ id: "a", text: "" })).toMatchObject({
      words: 0,
      topWord: null,
      language: null,
      licence: null,
    });
  });
});

describe("the documents of a folder", () => {
  it("are its READMEs and licences, sorted; code, binaries, huge files and links are left out", async () => {
    const root = emptyFolder();
    mkdirSync(join(root, "b/c"), { recursive: true });
    const files = [
      "b/README.md",
      "b/c/LICENCE",
      "LICENSE-MIT",
      "a.md",
      "b/readme.txt",
      "COPYING",
      "b/licence.js",
    ];
    for (const file of files) writeFileSync(join(root, file), "text");
    writeFileSync(join(root, "README.gif"), Buffer.from([71, 73, 70, 0]));
    writeFileSync(join(root, "README.huge"), "x".repeat(1024 * 1024 + 1));
    symlinkSync(join(root, "b"), join(root, "link"));
    symlinkSync(join(root, "a.md"), join(root, "README"));
    expect(await findDocuments(root)).toEqual({
      root,
      paths: ["COPYING", "LICENSE-MIT", "b/README.md", "b/c/LICENCE", "b/readme.txt"],
    });
  });
});
