/** Errors for the people whose code threw them. */
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";
import { DroverError } from "../index.ts";
import { styled } from "./terminal.ts";

const causesMax = 8;
const framesMax = 12;
const framesOfUsMax = 3;

const ownFiles = fileURLToPath(new URL("..", import.meta.url));

/**
 * Name, message and stack, with the frames of Drover and Node left out, then the same of its causes. Fields of one's own are shown
 * as well.
 */
export function errorText(error: unknown, stream: NodeJS.WriteStream): string {
  const parts: string[] = [];
  const seen = new Set<unknown>();
  let current = error;
  while (!seen.has(current) && parts.length < causesMax) {
    seen.add(current);
    const text = oneErrorText(current, stream);
    parts.push(parts.length === 0 ? text : indented(`caused by ${text}`));
    if (!Error.isError(current) || current.cause === undefined) break;
    current = current.cause;
  }
  return parts.join("\n");
}

function oneErrorText(error: unknown, stream: NodeJS.WriteStream): string {
  if (!Error.isError(error)) return `${inspect(error, { depth: 4 })} (thrown, though it is no error)`;
  const { title, frames } = splitStack(error);
  const lines = [styled("red", title, stream)];
  const fields = fieldsText(error);
  if (fields !== null) lines.push(styled("dim", `    ${fields}`, stream));
  lines.push(...shownFrames(frames, stream));
  if (error instanceof AggregateError) {
    lines.push(
      ...error.errors
        .slice(0, framesOfUsMax)
        .map((one) => indented(`one of them: ${oneErrorText(one, stream)}`)),
    );
  }
  return lines.join("\n");
}

/** What stands before the first frame is the title: it may have several lines, and show the code that was refused. */
export function splitStack(error: Error): { readonly title: string; readonly frames: readonly string[] } {
  const plain = `${error.name}: ${error.message}`;
  const stack = typeof error.stack === "string" ? error.stack : plain;
  const lines = stack.split("\n");
  const first = lines.findIndex(
    (line, index) => /^\s+at /.test(line) && lines.slice(0, index).join("\n").includes(error.message),
  );
  const title = (first === -1 ? lines : lines.slice(0, first)).join("\n");
  const frames = first === -1 ? [] : lines.slice(first).filter((line) => /^\s+at /.test(line));
  return { title: title.includes(error.message) ? title : plain, frames };
}

function shownFrames(frames: readonly string[], stream: NodeJS.WriteStream): readonly string[] {
  const users = frames.filter((frame) => !isInternal(frame));
  if (users.length === 0) return frames.slice(0, framesOfUsMax).map((frame) => styled("dim", frame, stream));
  return users
    .slice(0, framesMax)
    .map((frame) => (frame.includes("/node_modules/") ? styled("dim", frame, stream) : frame));
}

/** A frame of Node, or of Drover, in this copy or another. */
export function isInternal(frame: string): boolean {
  return (
    /\(?node:|<anonymous>\)?$/.test(frame) ||
    frame.includes(ownFiles) ||
    frame.includes("/node_modules/drover/")
  );
}

/** What is said by the message or is for programs. */
const fieldsLeftOut = new Set(["kind", "retryable", "what", "value", "allowed", "wayOut", "errors", "cause"]);

function fieldsText(error: Error): string | null {
  if (error instanceof DroverError) return null;
  const fields = Object.entries(error).filter(([key]) => !fieldsLeftOut.has(key));
  return fields.length === 0 ? null : inspect(Object.fromEntries(fields), { depth: 3, breakLength: 100 });
}

function indented(text: string): string {
  return text.replace(/^/gm, "  ");
}
