/**
 * Stand-ins for the services that have no emulator, over HTTP as the clients speak to them: SSM, Step Functions, ECS, Lambda and
 * EventBridge. What a request does is given; requests that nobody expects are refused.
 */
import { createServer, type IncomingMessage } from "node:http";

type Fields = Readonly<Record<string, unknown>>;

/** By operation, as in `GetParameter`; `Invoke` for Lambda, with the function's name and payload. */
export type Operations = Readonly<Record<string, (input: Fields) => Promise<Fields> | Fields>>;

/** What an operation throws to be answered as an error of that name. */
export class ServiceError extends Error {
  constructor(name: string) {
    super(name);
    this.name = name;
  }
}

export interface OtherServices {
  readonly endpoint: string;
  stop(): Promise<void>;
}

export async function startOtherServices(operations: Operations): Promise<OtherServices> {
  const server = createServer((request, response) => {
    void answer(request, operations).then(({ status, body }) => {
      response.writeHead(status, { "content-type": "application/x-amz-json-1.1" }).end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("A server without a port.");
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(
  request: IncomingMessage,
  operations: Operations,
): Promise<{ readonly status: number; readonly body: Fields }> {
  const text = (await request.toArray()).map(String).join("");
  const [, functionName] = /^\/2015-03-31\/functions\/([^/]+)\/invocations/.exec(request.url ?? "") ?? [];
  const target =
    functionName === undefined ? String(request.headers["x-amz-target"]).replace(/^.*\./, "") : "Invoke";
  const input = JSON.parse(text === "" ? "{}" : text) as Fields;
  try {
    const operation = operations[target];
    if (operation === undefined) throw new ServiceError("AccessDeniedException");
    const given = functionName === undefined ? input : { functionName, payload: input };
    return { status: functionName === undefined ? 200 : 202, body: await operation(given) };
  } catch (error) {
    return { status: 400, body: { __type: (error as Error).name, message: (error as Error).message } };
  }
}
