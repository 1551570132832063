import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Counts } from "./counts.ts";
import { type ServiceOptions, serviceOptions } from "./options.ts";
import { Refusal } from "./refusal.ts";
import { batchIn, readJson } from "./requests.ts";
import { type Answer, Vendor } from "./vendor.ts";

export interface RunningService {
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  readonly url: string;
  counts(): Counts;
  /** Stops at once, also in the middle of a call; counts that go to a file are written before. */
  close(): Promise<void>;
}

/**
 * A running document service, reachable from this machine only.
 *
 * @throws RangeError for an option out of its bounds; the system's error when the port is taken.
 * @example const service = await startService({ seed: 7, errorRate: 0 }); await fetch(`${service.url}/stats`);
 */
export async function startService(given: Partial<ServiceOptions> = {}): Promise<RunningService> {
  const options = serviceOptions(given);
  const vendor = new Vendor(options);
  const server = createServer((request, response) => {
    idle?.refresh();
    void answerTo(request, vendor, options.seed).then((answer) => send(response, answer));
  });
  server.requestTimeout = 30_000;
  await new Promise<void>((listening, failed) => {
    server.once("error", failed).listen(options.port, "127.0.0.1", listening);
  });
  const close = (): Promise<void> => {
    clearTimeout(idle);
    vendor.save();
    return new Promise((closed) => {
      server.close(() => closed());
      server.closeAllConnections();
    });
  };
  const idle = options.idleMsMax === null ? undefined : setTimeout(close, options.idleMsMax);
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, counts: () => vendor.counts(), close };
}

async function answerTo(request: IncomingMessage, vendor: Vendor, seed: number): Promise<Answer> {
  try {
    return await route(request, vendor, seed);
  } catch (error) {
    if (error instanceof Refusal) return vendor.refuse(error);
    return { status: 500, body: { error: `The service has a defect: ${error}` } };
  }
}

async function route(request: IncomingMessage, vendor: Vendor, seed: number): Promise<Answer> {
  const path = (request.url ?? "").split("?", 1)[0] ?? "";
  const job = /^\/batches\/([\w-]{1,100})$/.exec(path)?.[1];
  if (job !== undefined) return only("GET", request, () => vendor.poll(job));
  switch (path) {
    case "/batches":
      return only("POST", request, async () => vendor.submit(batchIn(await readJson(request))));
    case "/stats":
      return only("GET", request, async () => ({ status: 200, body: vendor.counts() }));
    case "/health":
      return only("GET", request, async () => ({
        status: 200,
        body: { service: "documents", seed, pid: process.pid },
      }));
    default:
      throw new Refusal(404, "There is no such page.");
  }
}

function only(method: string, request: IncomingMessage, answer: () => Promise<Answer>): Promise<Answer> {
  if (request.method === method) return answer();
  throw new Refusal(405, `Only ${method} is allowed here.`);
}

function send(response: ServerResponse, { status, body, headers }: Answer): void {
  // A refusal may leave a part of the body unread, and then the connection cannot carry another request.
  const connection = status === 413 || status === 415 ? { connection: "close" } : {};
  response.writeHead(status, { "content-type": "application/json", ...connection, ...headers });
  response.end(`${JSON.stringify(body)}\n`);
}
