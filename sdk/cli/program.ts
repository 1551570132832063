/** The program: its commands, and what becomes of what they throw. */
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { DroverError } from "../index.ts";
import { abortCommand } from "./abort.ts";
import { badUsageCode } from "./bad-usage.ts";
import { type ErrorDocument, errorDocument, refusalDocument } from "./document.ts";
import { errorText } from "./error-text.ts";
import { UserCodeError } from "./find-task.ts";
import { logsCommand } from "./logs.ts";
import { resumeCommand } from "./resume.ts";
import { runCommand } from "./run.ts";
import { runsCommand } from "./runs.ts";
import { showCommand } from "./show.ts";
import { claimStdout, exitWhenWritten, printDocument, printErr, printOut } from "./terminal.ts";

const exitCodes = { failed: 1, badInput: 2 } as const;

/** Does what the arguments say, and ends the process: 0 done, 1 the run failed or was aborted, 2 usage or bad input. */
export async function runProgram(args: readonly string[]): Promise<never> {
  claimStdout();
  const isJson = args.includes("--json");
  try {
    await program().parseAsync(args, { from: "user" });
  } catch (error) {
    process.exitCode = failed(error, isJson);
  }
  return await exitWhenWritten();
}

const commands = [runCommand, resumeCommand, runsCommand, showCommand, logsCommand, abortCommand];

function program(): Command {
  const drover = new Command("drover")
    .description("Durable batch processing: runs tasks, and goes on where they were left.")
    .version(version(), "-v, --version")
    .showHelpAfterError("Add --help to see how it is used.");
  for (const make of commands) drover.addCommand(make());
  for (const command of [drover, ...drover.commands]) {
    command.exitOverride();
    command.configureOutput({
      writeOut: (text) => printOut(text.trimEnd()),
      writeErr: (text) => printErr(text.trimEnd()),
    });
  }
  return drover;
}

function version(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return String((JSON.parse(text) as { version: unknown }).version);
}

/** Says what went wrong and answers the exit code. */
function failed(error: unknown, isJson: boolean): number {
  if (error instanceof CommanderError) return refusedArguments(error, isJson);
  if (isJson) printDocument(refusalDocument(errorOf(error)));
  if (error instanceof UserCodeError) {
    printErr(`${error.message}\n${errorText(error.cause, process.stderr)}`);
    return exitCodes.badInput;
  }
  printErr(isPlain(error) ? `error: ${error.message}` : errorText(error, process.stderr));
  return isPlain(error) ? exitCodes.badInput : exitCodes.failed;
}

function errorOf(error: unknown): ErrorDocument {
  if (error instanceof UserCodeError) return errorDocument(error.cause, "USER_CODE");
  const document = errorDocument(error, "INTERNAL");
  return isPlain(error) ? { ...document, stack: null } : document;
}

/** Its message says all: a stack would lead into Drover. */
function isPlain(error: unknown): error is DroverError {
  return error instanceof DroverError && error.kind === "user";
}

/** The parser has said on stderr what is wrong, or has printed help or version. */
function refusedArguments({ exitCode, message }: CommanderError, isJson: boolean): number {
  if (exitCode === 0) return 0;
  const text = message.replace(/^error: /, "");
  const error = { code: badUsageCode, name: "InputError", message: text, stack: null };
  if (isJson) printDocument(refusalDocument(error));
  return exitCodes.badInput;
}
