#!/usr/bin/env node
/**
 * The program `drover`. It judges the version of Node before anything is loaded that an older one cannot read, so this
 * file itself holds only what Node 20 understands, and imports nothing at its top.
 */
const nodeMajorMin = 24;
const major = Number(process.versions.node.split(".")[0]);

if (major < nodeMajorMin) {
  const message = `Drover needs Node ${nodeMajorMin} or newer and this is Node ${process.versions.node}: install a newer one from https://nodejs.org.`;
  process.stderr.write(`${message}\n`);
  if (process.argv.includes("--json")) {
    const error = { code: "NODE_VERSION", name: "Error", message, stack: null };
    process.stdout.write(`${JSON.stringify({ run: null, status: null, error })}\n`);
  }
  process.exitCode = 2;
} else {
  const { runProgram } = await import("./program.ts");
  await runProgram(process.argv.slice(2));
}

export {};
