#!/usr/bin/env node
import { Interrupted } from "./cli-error.js";
import type { Io } from "./io.js";
import { run } from "./program.js";
import { lookOf, report } from "./report.js";

const interrupt = new AbortController();
const told = (exitCode: number) => () => {
  // Whoever asks twice does not want to wait for what is being closed.
  if (interrupt.signal.aborted) process.exit(exitCode);
  interrupt.abort(new Interrupted(exitCode));
};
// Who runs a command can do nothing about what its libraries will not have in a later Node.
process.noDeprecation = true;
process.on("SIGINT", told(130));
process.on("SIGTERM", told(143));
// `rpc list | head -1`: nobody reads on, which is no failure.
process.stdout.on("error", ({ code }: NodeJS.ErrnoException) => process.exit(code === "EPIPE" ? 0 : 1));

/** Once the answer is written, what the client of a registry still holds open ends with the process. */
const endSoon = (): void => {
  setTimeout(() => (process.stdout.writableLength === 0 ? process.exit() : endSoon()), 1_000).unref();
};

const io: Io = {
  stdout: process.stdout,
  stderr: process.stderr,
  // A getter: to look at stdin opens it.
  get stdin() {
    return process.stdin;
  },
  env: process.env,
  cwd: process.cwd(),
  signal: interrupt.signal,
  isTTY: process.stdout.isTTY === true,
};
const argv = process.argv.slice(2);
// What a registry's client throws where nobody can catch it is told as any other error.
process.on("uncaughtException", (error) => process.exit(report(error, lookOf(argv), io)));
process.exitCode = await run(argv, io);
endSoon();
